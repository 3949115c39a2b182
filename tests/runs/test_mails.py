"""A mail is what its line says: address and language as the whole change leaves them, once per cause.

`World.apply` compares every outbox with its plan; here is what a person sees.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredState, RegistrationRef
from reconciler.portal.actions import contacts, customers, registrations
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.store import tables as t
from tests.builders import contact, customer, desired, farewell
from tests.runs.test_applying import send_request
from tests.runs.world import Letter, World, contact_row

MARA = contact("mara-meyer", role="manager", language="de")
JANE = contact("jane-doe", language="de")
TOM = contact("tom-lang", language="de")


def home(*people: DesiredContact, **more: Any) -> DesiredCustomer:
    return customer("acme", [MARA, *people], **{"language": "de", **more})


def letters_of(world: World, state: DesiredState) -> Counter[Letter]:
    """The mails of one apply; that they are the planned ones is `World.apply`'s business."""
    before = world.letters()
    world.apply(state)
    return world.letters() - before


def test_a_person_with_a_new_address_and_language_reads_both_mails_in_the_new_language(world: World) -> None:
    world.apply(desired(home(JANE)))
    moved = contact("jane-doe", email="jane@new.example", language="fr", role="manager")
    assert letters_of(world, desired(home(moved))) == {
        ("activation_again", "jane@new.example", "fr"): 1,
        ("address_changed", JANE.email, "fr"): 1,
    }


def test_an_activation_mail_greets_people_by_the_name_that_the_plan_leaves(world: World) -> None:
    world.apply(desired(home(JANE)))
    moved = contact("jane-doe", email="jane@new.example", language="en", role="manager", name="Jane Roe")
    world.apply(desired(home(moved)))
    (text,) = [mail["text"] for mail in world.rows(t.outbox, t.outbox.c.to == "jane@new.example")]
    assert "Jane Roe" in text


def test_whoever_sets_no_language_reads_the_new_one_of_the_customer(world: World) -> None:
    plain = contact("jane-doe")
    world.apply(desired(home(plain)))
    after = home(contact("jane-doe", email="jane@new.example"), contact("new-comer"), language="fr")
    languages = {language for _, _, language in letters_of(world, desired(after))}
    assert languages == {"fr"}


def test_a_customer_whose_language_is_emptied_is_written_to_in_the_default_language(world: World) -> None:
    world.apply(desired(home()))
    assert letters_of(world, desired(home(contact("new-comer"), language=None))) == {
        ("activation", "new-comer@acme.example", "en"): 1
    }


def test_a_language_that_an_administrator_set_for_the_customer_and_that_stays_counts(world: World) -> None:
    world.apply(desired(home()))
    with world.as_admin() as work:
        row = work.where("customer")[0]
        work.audit(AuditAction.PATCH_CUSTOMERS, row, *customers.edit(work, row, {"language": "es"}))
    assert letters_of(world, desired(home(contact("new-comer")))) == {("activation", "new-comer@acme.example", "es"): 1}


def test_people_who_exchange_addresses_read_their_own_new_languages(world: World) -> None:
    world.apply(desired(home(JANE, TOM)))
    swapped = [
        contact("jane-doe", email=TOM.email, language="fr"),
        contact("tom-lang", email=JANE.email, language="es"),
    ]
    assert letters_of(world, desired(home(*swapped))) == {
        ("activation_again", TOM.email, "fr"): 1,
        ("address_changed", JANE.email, "fr"): 1,
        ("activation_again", JANE.email, "es"): 1,
        ("address_changed", TOM.email, "es"): 1,
    }


def test_an_heir_who_changes_address_and_language_hears_of_the_work_there(world: World) -> None:
    world.apply(desired(home(JANE, TOM)))
    send_request(world, JANE.email)
    heir = contact("tom-lang", email="tom@new.example", language="fr")
    after = customer("acme", [MARA, heir], [farewell("jane-doe", heir="tom-lang")], language="de")
    assert ("work_received", "tom@new.example", "fr") in letters_of(world, desired(after))


def test_an_heir_whose_language_was_edited_in_the_portal_hears_in_that_language(world: World) -> None:
    world.apply(desired(home(JANE, TOM)))
    send_request(world, JANE.email)
    with world.as_admin() as work:
        row = contact_row(work, TOM.email)
        fields = {"language": "ar", "email": "tom@portal.example"}
        work.audit(AuditAction.PATCH_CONTACTS, row, *contacts.edit(work, row, fields))
    after = customer("acme", [MARA, TOM], [farewell("jane-doe", heir="tom-lang")], language="de")
    assert letters_of(world, desired(after)) == {("work_received", "tom@portal.example", "ar"): 1}


def test_an_heir_who_is_adopted_hears_in_the_language_of_the_file(world: World) -> None:
    world.apply(desired(home(JANE)))
    send_request(world, JANE.email)
    with world.as_admin() as work:
        row = contacts.add(
            work, work.where("customer")[0], {"name": "Una", "email": "una@acme.example", "role": "requester"}
        )
        work.audit(AuditAction.POST_CONTACTS, row, None, {})
    una = contact("una-ulm", email="UNA@acme.example", language="fr")
    after = customer("acme", [MARA, una], [farewell("jane-doe", heir="una-ulm")], language="de")
    assert letters_of(world, desired(after)) == {("work_received", "una@acme.example", "fr"): 1}


def test_an_heir_who_signed_up_hears_in_the_language_of_the_sign_up(world: World) -> None:
    world.apply(desired(home(JANE)))
    send_request(world, JANE.email)
    with world.as_admin() as work:
        fields = {"name": "Sue Sign", "email": "sue@acme.example", "role": "requester", "language": "fr"}
        row = registrations.register(work, work.where("customer")[0], fields)
        work.audit(AuditAction.SIGN_UP, row, None, None)
        reference = RegistrationRef(row["registration"], row["fingerprint"])
    sue = contact("sue-sign", email="sue@acme.example", registration=reference)
    after = customer("acme", [MARA, sue], [farewell("jane-doe", heir="sue-sign")], language="de")
    assert letters_of(world, desired(after)) == {
        ("activation", sue.email, "fr"): 1,
        ("work_received", sue.email, "fr"): 1,
    }


def test_a_restored_person_is_invited_in_the_language_of_the_new_file(world: World) -> None:
    world.apply(desired(home(JANE)))
    world.apply(desired(home()))
    back = contact("jane-doe", email=JANE.email.upper(), language="fr")
    assert letters_of(world, desired(home(back))) == {("activation_again", JANE.email, "fr"): 1}


def test_people_of_a_restored_customer_are_invited_once_as_their_files_now_say(world: World) -> None:
    beta = customer("beta", [contact("bea-berg", "beta", "manager")])
    world.apply(desired(home(JANE, TOM, contact("uma-ulm")), beta))
    world.apply(desired(beta))
    back = home(contact("jane-doe", language="fr"), contact("tom-lang", email="tom@new.example"), language="es")
    assert letters_of(world, desired(back, beta)) == {
        ("activation_again", MARA.email, "de"): 1,
        ("activation_again", JANE.email, "fr"): 1,
        ("activation_again", "tom@new.example", "de"): 1,
        ("address_changed", TOM.email, "de"): 1,
    }
    assert len(world.rows(t.outbox, t.outbox.c.to == "uma-ulm@acme.example")) == 1  # when she was added


@pytest.mark.parametrize("named", [True, False], ids=["of-the-customer", "of-nobody"])
def test_a_rejected_person_hears_in_the_language_that_the_portal_knows(world: World, named: bool) -> None:
    world.apply(desired(home()))
    with world.as_admin() as work:
        fields = {"name": "Sue Sign", "email": "sue@acme.example", "role": "requester"}
        row = registrations.register(work, work.where("customer")[0] if named else None, fields)
        work.audit(AuditAction.SIGN_UP, row, None, None)
        registration = row["registration"]
    no = customer("acme", [MARA], [farewell("sue-sign", registration=registration)], language="fr")
    assert letters_of(world, desired(no)) == {("rejected", "sue@acme.example", "fr" if named else "en"): 1}
