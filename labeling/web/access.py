"""Who may enter the doors of judging."""

from access.doors import may, only_with

RATE, LEAD = "labeling.rate", "labeling.lead"
raters_only = only_with(RATE, LEAD, home="labeling")  # a lead may judge, too
leads_only = only_with(LEAD, home="labeling")


def may_rate(user) -> bool:
    return may(user, RATE, LEAD)


def may_lead(user) -> bool:
    return may(user, LEAD)
