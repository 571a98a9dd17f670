"""Roles, the sign-in page, and the command and the demo that hand roles out."""

import io
import stat

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.urls import reverse

from tests.people import person
from webapp import demo_accounts, roles
from webapp.settings import base, local

pytestmark = pytest.mark.django_db
PAGE = "/operator/index/"


@pytest.fixture
def ada(client) -> User:
    user = person("operator", username="ada")
    user.set_password("a long secret")
    user.save()
    return user


def sign_in(client, password="a long secret", **more):
    return client.post(reverse("sign_in"), {"username": "ada", "password": password, **more})


def test_every_role_has_its_permissions_and_no_others():
    assert person("operator").get_all_permissions() == {"search.operate_index"}
    admin = person("catalog-admin")
    assert admin.has_perms(["catalog.manage_catalog", "catalog.change_product", "catalog.view_image"])
    assert {code.partition(".")[0] for code in admin.get_all_permissions()} == {"catalog"} and admin.is_staff
    assert {code.partition(".")[0] for code in person("rater", "lead").get_all_permissions()} <= {"labeling"}
    assert person("owner").has_perm("auth.change_user")


def test_a_group_that_an_owner_widened_stays_so():
    operators = Group.objects.get(name="Operator")
    operators.permissions.set(Group.objects.get(name="Catalog admin").permissions.filter(codename="manage_catalog"))
    roles.keep_groups(apps.get_app_config("search"), "default")
    assert person("operator").get_all_permissions() == {"search.operate_index", "catalog.manage_catalog"}


def test_signing_in_leads_back_to_the_page(client, ada):
    page = client.get(client.get(PAGE).url)
    assert f'name="next" value="{PAGE}"' in page.content.decode()
    assert sign_in(client, next=PAGE).url == PAGE
    assert client.get(PAGE).status_code == 200
    assert client.get(reverse("sign_in")).url == PAGE  # signed in already
    assert client.post(reverse("sign_out")).url == "/" and client.get(PAGE).status_code == 302


@pytest.mark.parametrize("next", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_signing_in_leads_nowhere_else(client, ada, next):
    assert sign_in(client, next=next).url == PAGE  # the first page that this role opens


def test_a_wrong_password_says_so_and_keeps_the_name(client, ada):
    page = sign_in(client, password="wrong", next=PAGE).content.decode()
    assert "do not belong together" in page and 'value="ada"' in page and f'value="{PAGE}"' in page


def test_the_form_wants_a_token(client, ada):
    client.handler.enforce_csrf_checks = True
    assert "open for too long" in sign_in(client).content.decode()


def test_who_is_refused_is_told_with_which_account(client, ada):
    client.force_login(ada)
    refused = client.get("/manage/tokens/")
    assert refused.status_code == 403 and "ada may not open this page" in refused.content.decode()


def test_djangos_admin_uses_the_same_page(client, ada):
    products = reverse("admin:catalog_product_changelist")
    form = client.get(client.get(products).url)
    assert form.url == f"{reverse('sign_in')}?next={products}"
    sign_in(client)
    assert client.get(products, follow=True).status_code == 403


def test_a_form_that_was_sent_signed_out_leads_back_to_its_page(client):
    def sent(**headers) -> str:
        return client.post(PAGE + "build/", headers=headers).url.partition("?next=")[2]

    assert sent(referer="http://testserver/operator/index/?generation=x") == "/operator/index/%3Fgeneration%3Dx"
    assert sent(referer="https://elsewhere.example/x") == PAGE


def role(*arguments: str) -> str:
    out = io.StringIO()
    call_command("role", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_gives_and_takes_roles(client):
    said = role("add", "ada", "catalog-admin", "rater")
    assert said.endswith("ada: catalog-admin, rater\n")
    password = said.partition("Password: ")[2].split()[0]
    assert client.login(username="ada", password=password) and User.objects.get().is_staff
    assert role("add", "ada", "owner") == "ada: owner, catalog-admin, rater\n"
    assert role("remove", "ada", "owner", "catalog-admin") == "ada: rater\n"
    assert not User.objects.get().is_staff and not User.objects.get().is_superuser
    assert role("list") == "ada: rater\n"


@pytest.mark.parametrize("arguments", [("add", "a b", "rater"), ("add", "ada", "king"), ("remove", "bob", "rater")])
def test_the_command_refuses_what_cannot_be(arguments):
    with pytest.raises(CommandError):
        role(*arguments)
    assert not User.objects.exists()


def test_a_demos_accounts_are_made_once_and_left_alone_afterwards(tmp_path):
    password = demo_accounts.password_in(tmp_path / "demo_password")
    assert demo_accounts.password_in(tmp_path / "demo_password") == password
    assert stat.S_IMODE((tmp_path / "demo_password").stat().st_mode) == 0o600
    mine = User.objects.create_user("owner", password="my own secret")
    demo_accounts.make_accounts(password)
    demo_accounts.make_accounts(password)
    assert set(User.objects.values_list("username", flat=True)) == set(demo_accounts.ACCOUNTS)
    mine.refresh_from_db()
    assert mine.check_password("my own secret") and not mine.is_superuser
    assert User.objects.get(username="lead").check_password(password)


def test_only_the_settings_of_a_demo_allow_them():
    assert local.SIGHTLINE_DEMO_ACCOUNTS and not base.SIGHTLINE_DEMO_ACCOUNTS
