"""The review page of the catalog admins, under /manage/review/."""

from django.urls import path

from search.web import review, review_actions

urlpatterns = [
    path("", review.review, name="review"),
    path("undo/", review_actions.take_back, name="review_undo"),
    path("pictures/<int:image_id>/kept.jpg", review.kept_picture, name="review_kept"),
    path("pictures/<int:image_id>/<slug:verdict>/", review_actions.picture, name="review_picture"),
    path("pairs/", review_actions.pair, name="review_pairs"),
    path("products/<int:product_id>/", review_actions.suggestion, name="review_suggestion"),
    path("blocklist/<int:rule_id>/withdraw/", review_actions.withdraw, name="review_withdraw"),
    path("sellers/<int:seller_id>/<slug:verdict>/", review_actions.seller, name="review_seller"),
    path("<slug:queue>/", review.queue, name="review_queue"),
]
