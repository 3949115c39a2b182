"""The wordings of reports as the command line reads them, and a plan with a line of every sort."""

from __future__ import annotations

from dataclasses import replace

from reconciler.cli.catalogs import wording_for
from reconciler.cli.settings import Settings
from reconciler.model.desired import Leaving, Policy
from reconciler.model.live import Actor, Touch
from reconciler.model.plan import Facts, Plan
from reconciler.planning import make_plan
from reconciler.reports.wording import Wording
from reconciler.shipped import report_languages
from tests.builders import (
    RECENTLY,
    contact,
    customer,
    customer_in_portal,
    desired,
    farewell,
    in_portal,
    live,
    request,
)

LANGUAGES = report_languages()
MARA = contact("mara-meyer", role="manager")
TOM = contact("tom-lang")
EVA = contact("eva-fuchs")
ROE = contact("roe-rot", "beta")
MIA = contact("mia-maurer", "beta", role="manager")
LONE = contact("lone-lang")


def wording(language: str) -> Wording:
    """The wording of a language, from its catalog."""
    return wording_for(Settings(), language)


def varied_plan(language: str = "en") -> Plan:
    """A plan with changes, mails, a handover, a refusal, an edit, a departure and a stray person."""
    jane = contact("jane-doe", language="de")
    leaving = replace(EVA, leaves=Leaving("2027-03-31", "left"), fields={**EVA.fields, "heir": "tom-lang"})
    acme = customer(contacts=[MARA, replace(TOM, fields={**TOM.fields, "role": "observer"}), jane, leaving])
    beta = customer("beta", [MIA], [farewell("roe-rot", "beta", heir="nobody")])
    before_acme, before_beta = customer(contacts=[MARA, TOM, EVA]), customer("beta", [MIA, ROE])
    touch = {"name": Touch("Ada Admin", Actor.ADMINISTRATOR, RECENTLY)}
    stray = in_portal(contact("stray", name="Stray Cat"), owner=None, external_key=None, applied=None)
    rows = [
        customer_in_portal(before_acme), customer_in_portal(before_beta), in_portal(TOM), in_portal(EVA),
        in_portal(MARA, name="Mara Maler", touched=touch), in_portal(MIA), in_portal(ROE), stray,
        request(in_portal(TOM), 1), request(in_portal(TOM), 2), request(in_portal(ROE), 3),
    ]  # fmt: skip
    files = desired(acme, beta, policy=Policy(language=language))
    return make_plan(files, live(*rows), Facts(commit="f" * 40))
