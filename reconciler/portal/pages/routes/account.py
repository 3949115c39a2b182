"""The visitor's own account: name, language, password, and log out everywhere."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy import select

from reconciler.portal.actions import access
from reconciler.portal.actions.schemas import OwnFields
from reconciler.portal.pages.context import (
    LANGUAGE_COOKIE,
    PageContext,
    page_context,
)
from reconciler.portal.pages.forms.form import (
    Form,
    Mistakes,
    SubmittedForm,
    mistakes_of,
    validate,
)
from reconciler.portal.pages.forms.passwords import password_mistakes
from reconciler.portal.pages.languages import language_mistake
from reconciler.portal.pages.queries.rows import customer_of
from reconciler.portal.pages.session_cookies import redirect_logged_in, redirect_logged_out
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.passwords import weakness
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.security import host_of

router = APIRouter(include_in_schema=False)
AccountReader = Annotated[PageContext, page_context("account.read")]
AccountEditor = Annotated[PageContext, page_context("account.write")]
LoggedInVisitor = Annotated[PageContext, page_context("log-out")]


@router.get("/account")
def show_account(context: AccountReader) -> Response:
    """Return the page of the visitor's own account."""
    return _account_page(context)


def _account_page(
    context: PageContext, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    principal = context.grant.principal
    with context.store.read() as connection:
        customer = (
            customer_of(connection, principal.customer) if principal.contact else None
        )
    return context.render(
        "account/edit.html",
        mistakes=mistakes,
        person=_own_row(context),
        customer=customer,
        form=form,
    )


def _own_row(context: PageContext) -> Any:
    """Return the visitor's row in the table of contacts or of staff."""
    principal = context.grant.principal
    table, id = (
        (t.contacts, principal.contact) if principal.contact else (t.staff, principal.staff)
    )
    with context.store.read() as connection:
        return connection.execute(select(table).where(table.c.id == id)).mappings().one()


@router.post("/account")
def edit_account(context: AccountEditor, form: SubmittedForm) -> Response:
    """Change the visitor's own name or language."""
    principal = context.grant.principal

    def write_action(work: Work) -> str:
        form.check_version(access.own_row(work, principal).values, principal.person or "")
        fields = validate(
            OwnFields,
            {"name": form.text("name"), "language": form.text_or_none("language")},
            language_mistake(form, _own_row(context)["language"]),
        )
        row, audit_values = access.edit_own_row(work, principal, fields.sent_fields())
        work.audit(AuditAction.ACCOUNT, row, *audit_values)
        return "/account"

    response = context.submit(
        form,
        write_action,
        lambda mistakes: _account_page(context, form, mistakes),
        message="saved",
    )
    if response.status_code == 303:
        # The pages are in the language of the account again, not in one chosen before.
        context.csrf.delete_cookie(response, LANGUAGE_COOKIE)
    return response


@router.post("/account/password")
def change_password(context: AccountEditor, form: SubmittedForm) -> Response:
    """Change the password of a person who knows the old one, and begin a new session."""
    principal, host = context.grant.principal, host_of(context.request)
    old_password = form.secret("old")[:254]
    try:
        _check_passwords(context, form, old_password, host)
        session = access.change_password(
            context.store, principal, old_password, form.secret("password"), host
        )
    except Mistakes as mistakes:
        return _account_page(context, mistakes=mistakes)
    except Problem as problem:
        refusal = (
            Mistakes({"old": "password.wrong"})
            if problem.type == "forbidden"
            else mistakes_of(problem)
        )
        return _account_page(context, mistakes=refusal)
    # The change ended this session too; without the new cookie, the visitor would be logged out.
    return redirect_logged_in(context, session, "/account", message="password")


def _check_passwords(
    context: PageContext, form: Form, old_password: str, host: str
) -> None:
    """Raise all mistakes of the form at once, those of the old password too."""
    mistakes = password_mistakes(form)
    person = _own_row(context)
    if weakness_key := weakness(form.secret("password"), (person["name"], person["email"])):
        mistakes.setdefault("password", f"password.{weakness_key}")
    # A wrong password counts as an attempt, and each check takes a slow hash. `change_password`
    # checks it too, so it is checked here only if the form is refused anyway.
    if not old_password:
        mistakes["old"] = "mistake.missing"
    elif mistakes and not access.knows_password(
        context.store, context.grant.principal, old_password, host
    ):
        mistakes["old"] = "password.wrong"
    if mistakes:
        raise Mistakes(mistakes)


@router.post("/account/log-out")
def log_out_everywhere(context: LoggedInVisitor, form: SubmittedForm) -> Response:
    """End all sessions of the visitor."""

    def write_action(work: Work) -> str:
        access.log_out_everywhere(work, context.grant.principal.person or "")
        return "/login"

    return redirect_logged_out(
        context, context.write_once(form, write_action), message="everywhere"
    )
