"""The category tree: one indented list, and a form that moves and renames with all that is below."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from catalog.admin.base import CatalogAdmin
from catalog.edits import categories
from catalog.errors import CategoryRefused
from catalog.history import by
from catalog.models import Category
from catalog.services import PATH_SEPARATOR
from catalog.web.access import catalog_admins_only


def indented(without: Category | None = None) -> list[tuple[str, str]]:
    """Choices of the tree; without a category and what is below it."""
    left_out = without.path + PATH_SEPARATOR if without else "\0"
    nodes = [node for node in categories.tree() if not (node.path + PATH_SEPARATOR).startswith(left_out)]
    return [(str(node.id), "\u2003" * node.depth + node.name) for node in nodes]


class CategoryForm(forms.ModelForm):
    name = forms.CharField(max_length=categories.LONGEST_NAME, widget=UnfoldAdminTextInputWidget)
    below = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget, help_text="Empty: at the top.")

    class Meta:
        model = Category
        fields = ["name"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["below"].choices = [("", "–"), *indented(self.instance if self.instance.pk else None)]
        self.fields["below"].initial = str(self.instance.parent_id or self.initial.get("below", ""))

    def clean(self) -> dict:
        cleaned = super().clean()
        if "name" in cleaned and "below" in cleaned:
            self.parent = Category.objects.filter(pk=cleaned["below"]).first() if cleaned["below"] else None
            try:
                was = Category.objects.get(pk=self.instance.pk) if self.instance.pk else None
                categories.check(was, cleaned["name"], self.parent)
            except CategoryRefused as refusal:
                raise forms.ValidationError(refusal.detail) from None
        return cleaned


class DeleteForm(forms.Form):
    into = forms.ChoiceField(required=False, label="Its products go to", widget=UnfoldAdminSelectWidget)

    def __init__(self, category: Category, *args):
        super().__init__(*args)
        self.fields["into"].choices = [("", "no category"), *indented(category)]


@admin.register(Category)
class CategoryAdmin(CatalogAdmin):
    form = CategoryForm
    fields = ["name", "below"]
    list_display = ["path"]
    search_fields = ["path"]

    @method_decorator(catalog_admins_only)
    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Categories"}
        context |= {"nodes": categories.tree(), "has_add_permission": True}
        return TemplateResponse(request, "admin/catalog/category/tree.html", context)

    def save_model(self, request: HttpRequest, category: Category, form: CategoryForm, change: bool) -> None:
        who = by(request.user), request.user
        if change:
            categories.change(category, form.cleaned_data["name"], form.parent, *who)
        else:
            made = categories.make(form.cleaned_data["name"], form.parent, *who)
            category.pk, category.path = made.pk, made.path

    @method_decorator(catalog_admins_only)
    def delete_view(self, request: HttpRequest, object_id: str, extra_context=None) -> HttpResponse:
        category = get_object_or_404(Category, pk=object_id if object_id.isdecimal() else 0)
        form = DeleteForm(category, request.POST or None)
        if request.method == "POST" and form.is_valid():
            into = Category.objects.filter(pk=form.cleaned_data["into"] or 0).first()
            moved = categories.delete(category, into, by(request.user), request.user)
            went = f"{moved:,} products went to {into or 'no category'}"
            messages.success(request, f"{category.path} is deleted; {went}.")
            return redirect(reverse("admin:catalog_category_changelist"))
        nodes = categories.tree()
        node = next(node for node in nodes if node.id == category.pk)
        below = sum(each.path.startswith(category.path + PATH_SEPARATOR) for each in nodes)
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": f"Delete {category.path}?"}
        context |= {"category": category, "node": node, "below": below, "form": form}
        return TemplateResponse(request, "admin/catalog/category/delete.html", context)
