"""Sentences of signing up, logging in, one's own account, and the provider's people."""

from __future__ import annotations

from typing import Final

from reconciler.portal.i18n.text import Plural, Text

TEXTS: Final[dict[str, Text]] = {
    "login.title": "Log in",
    "login.do": "Log in",
    "login.password": "Password",
    # one sentence for both: it must not reveal which addresses have access
    "login.wrong": "The address or the password is wrong.",
    "login.wait": Plural(
        "Too many attempts. Try again in {count} second.",
        "Too many attempts. Try again in {count} seconds.",
    ),
    "login.sign-on": "Log in with {provider}",
    "login.or": "or with a password",
    "login.sign-on.broken": (
        "This log-in took too long or was started in another browser. Please start again."
    ),
    "login.sign-on.refused": (
        "{provider} did not confirm your identity. Try again, or log in with your password."
    ),
    "login.sign-on.unknown": (
        "{provider} confirmed your address, but there is no account for it here. Ask your contact "
        "at our company for access."
    ),
    "login.sign-on.unanswered": (
        "{provider} is not responding at the moment. Log in with your password, or try again later."
    ),
    "login.forgotten": "Forgot your password?",
    "login.no-access": "No access yet? Sign up",
    "sign-up.title": "Sign up",
    "sign-up.lead": (
        "Tell us who you are. We’ll send a link to your address to make sure that it is yours."
    ),
    "sign-up.closed": "You cannot sign up yourself. Ask your contact at our company for access.",
    "sign-up.role": "What do you want to do here?",
    "sign-up.role.hint": "An administrator decides.",
    "sign-up.code": "Registration code",
    "sign-up.code.hint": "If your organisation gave you one.",
    "sign-up.do": "Sign up",
    "sent.title": "Check your inbox",
    # shown for every address alike; the hours are `sign_ups.CONFIRM_HOURS`, the minutes below
    # `links.RESET_MINUTES`
    "sent.sign-up": (
        "If this address can be used, an e-mail with a link is on its way. The link works for "
        "24 hours."
    ),
    "sent.reset": (
        "If there is an account for this address, an e-mail with a link is on its way. The link "
        "works for 10 minutes."
    ),
    "sent.nothing": "No e-mail? Check your spam folder and the address.",
    "confirm.title": "Confirm your e-mail address",
    "confirm.lead": "Click once more to confirm that this address is yours.",
    "confirm.do": "Confirm",
    "confirmed.title": "Thank you",
    # the keys end in the statuses that `sign_ups.confirm` returns
    "confirmed.waiting": (
        "Your registration is waiting for approval. You’ll receive an e-mail as soon as a "
        "decision is made."
    ),
    "confirmed.invited": (
        "You have access. An e-mail with the link to set your password is on its way."
    ),
    "confirmed.known": "You already have access: log in, or set a new password.",
    "activate.title": "Set your password",
    "activate.lead": "Welcome, {name}. From now on, log in with {email} and this password.",
    "reset.title": "New password",
    "reset.lead": "Which address do you log in with? We’ll send a link to it.",
    "reset.do": "Send the link",
    "reset.set": "Set a new password for {email}. You will be logged out on all devices.",
    "link.title": "This link no longer works",
    "link.activation": (
        "It has already been used or has expired. If you have set a password, log in; otherwise "
        "ask for a new link."
    ),
    "link.activation.active": "You have set your password already. Log in with it.",
    "link.activation.replaced": (
        "A newer e-mail with a link was sent to the address of this access. Only its link works."
    ),
    "link.activation.expired": "It has expired. Ask for a new one:",
    "link.reset": "It has already been used, or its ten minutes are over. Request a new one.",
    "link.confirm": "It has already been used, or its 24 hours are over. Sign up again.",
    "password.new": "New password",
    "password.old": "Current password",
    "password.repeat": "New password again",
    "password.hint": (
        "At least 8 characters, with lower-case and upper-case letters and digits. A whole "
        "sentence works, too."
    ),
    "password.do": "Set password",
    # the keys end in the weaknesses, and the numbers are the limits, of `rules.passwords`
    "password.short": "Too short: use at least 8 characters.",
    "password.long": "Too long: use at most 200 characters.",
    "password.kinds": "Use lower-case and upper-case letters and digits.",
    "password.common": "This password is easy to guess. Choose several unrelated words.",
    "password.differs": "The two passwords do not match.",
    "password.wrong": "This is not your current password.",
    "account.title": "Your account",
    "account.you": "Your details",
    "account.email": (
        "You log in with this address. Only an administrator can change it; contact us."
    ),
    "account.language.home": "Same as your organisation",
    "account.language.hint": (
        "For your e-mails, and for the pages until you choose another language above."
    ),
    "account.password": "Change password",
    "account.password.lead": "You will be logged out on all other devices.",
    "account.everywhere": "Log out on all devices",
    "account.everywhere.lead": (
        "If you were logged in on a device that is not yours, or that you have lost."
    ),
    "staff.lead": (
        "Administrators run the portal. Project managers look after the customers that list "
        "their address."
    ),
    "staff.invite": "Invite someone",
    "staff.invite.lead": "The person receives an e-mail with a link to set a password.",
    "staff.kind": "Role",
    "staff.kind.administrator": "Administrator",
    "staff.kind.project_manager": "Project manager",
    "staff.customers": "Customers",
    "staff.remove.lead": (
        "{name} loses access at once. The address stays listed with the customers that name it."
    ),
    "problem.last-administrator": "This is the last administrator. Appoint another one first.",
    "done.invited": "Invited; the e-mail is on its way.",
    "done.activated": "Your password is set. Log in with it.",
    "done.password": "Your password was changed.",
    "done.logged-out": "You are logged out.",
    "done.everywhere": "You are logged out on all devices.",
    "login.refused": "Not logged in",
    "login.lapsed": (
        "Your session had ended, so your form was not sent. Log in to return to its page, and "
        "fill it in again."
    ),
}
