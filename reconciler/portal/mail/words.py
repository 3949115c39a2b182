"""Every sentence of every mail, in English, French and German.

One table per language, the same keys in each (a test compares them). `letters` refuses to be imported while
a table lacks a sentence of a wording. `{…}` are filled in by
`letters`; nothing else is interpreted in a text. A sentence about a number of things has the forms
`.one` and `.other`; one that names whom to write to has the form `.nobody` for when there is no address.
In German the first sentence goes on after the greeting's comma, so it begins small.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.portal.rules.typesetting import typeset

ENGLISH: Final = {
    "greeting": "Hello {name},",
    "closing": "Kind regards",
    "activation.subject": "{portal}: your access",
    "activation.body": "You now have access to our customer portal for {customer}.",
    "activation.link": "Set your password and log in here (the link works once, until {until}):",
    "activation.later": "From then on, log in at {address} with this e-mail address.",
    "activation_again.subject": "{portal}: please confirm your access again",
    "activation_again.body": "Your access for {customer} is waiting for you to confirm this e-mail address.",
    "address_changed.subject": "{portal}: your address was changed",
    "address_changed.body": "The e-mail address of your access for {customer} was changed. This address can no longer "
    "be used to log in.",
    "address_changed.ask": "If you did not expect this, write to {contact} at once.",
    "address_changed.ask.nobody": "If you did not expect this, tell your contact at our company at once.",
    "work_received.subject.one": "A request was reassigned to you",
    "work_received.subject.other": "{count} requests were reassigned to you",
    "work_received.body.one": "You now look after an open request of {from_name} at {customer}:",
    "work_received.body.other": "You now look after {count} open requests of {from_name} at {customer}:",
    "rejected.subject": "{portal}: your registration",
    "rejected.body": "Your registration was not accepted.",
    "confirm.subject": "{portal}: confirm your e-mail address",
    "confirm.body": "Somebody, hopefully you, signed up for our customer portal with this address. Confirm it here:",
    "confirm.until": "The link works once, for {hours} hours.",
    "confirm.ignore": "If it was not you, there is nothing to do: nothing happens without the link.",
    "known.subject": "{portal}: you already have access",
    "known.body": "Somebody, hopefully you, signed up for our customer portal with this address, but it already has "
    "access. Log in at {address}; there you can also set a new password.",
    "known_invited.subject": "{portal}: you were already invited",
    "known_invited.body": "Somebody, hopefully you, asked for access to our customer portal with this address. It was "
    "invited already: the e-mail with the activation link has been sent. If the link no longer works, ask for a new one.",
    "reset.subject": "{portal}: a new password",
    "reset.body": "Set a new password here (the link works once, for {minutes} minutes):",
    "reset.ignore": "If you did not ask for it, there is nothing to do: your password stays as it is.",
    "registered.subject": "A registration is waiting for approval",
    "registered.body": "{who} confirmed an address and is waiting for approval:",
    "staff_activation.subject": "{portal}: your account",
    "staff_activation.body": "An account in our customer portal has been opened for you.",
    "staff_address_changed.subject": "{portal}: your address was changed",
    "staff_address_changed.body": "The e-mail address of your account was changed. This address can no longer be used "
    "to log in. If you did not expect this, tell an administrator of the portal at once.",
    "quoted.subject": "Your quote is ready: {title}",
    "quoted.body": "The quote for “{title}” is ready. You can accept it until {until}:",
    "accepted.subject": "Quote accepted: {title}",
    "accepted.body": "{who} of {customer} accepted the quote for “{title}”.",
    "declined.subject": "Quote rejected: {title}",
    "declined.body": "{who} of {customer} rejected the quote for “{title}”.",
    "submitted.subject": "New request: {title}",
    "submitted.body": "{who} of {customer} sent the request “{title}”.",
    "delivered.subject": "Your translation is ready: {title}",
    "delivered.body": "The translation of “{title}” is ready for download:",
    "cancelled.subject": "Request cancelled: {title}",
    "cancelled.body": "The request “{title}” was cancelled.",
    "reason": "Reason: {reason}",
    "role": "In the portal you can {what}.",
    "ask": "Questions? Write to {contact}.",
    "ask.nobody": "Questions? Ask your contact at our company.",
    "requester": "send files for translation, ask for quotes and accept them, follow your requests, download the "
    "translations and see the statistics of what you sent",
    "observer": "see all requests of your organisation, follow their progress, download the translations and see the "
    "statistics",
    "manager": "send requests, accept quotes, see the requests of all your colleagues, and manage your team: change "
    "roles and reassign work",
    "administrator": "manage everything: customers, contacts, services, settings, and our own people",
    "project_manager": "look after the requests of your customers: quotes, progress, delivery",
    "left": "the person left", "role_change": "another role", "duplicate": "a duplicate",
    "other": "not stated", "expired": "the quote was not accepted in time",
}  # fmt: skip

FRENCH: Final = {
    "greeting": "Bonjour {name},",
    "closing": "Cordialement",
    "activation.subject": "{portal} : votre accès",
    "activation.body": "Vous avez désormais accès à notre portail client pour {customer}.",
    "activation.link": "Choisissez votre mot de passe et connectez-vous ici (lien à usage unique, valable "
    "jusqu’au {until}) :",
    "activation.later": "Ensuite, connectez-vous sur {address} avec cette adresse e-mail.",
    "activation_again.subject": "{portal} : confirmez à nouveau votre accès",
    "activation_again.body": "Pour retrouver votre accès pour {customer}, confirmez cette adresse e-mail.",
    "address_changed.subject": "{portal} : votre adresse a été changée",
    "address_changed.body": "L’adresse e-mail de votre accès pour {customer} a été changée. La présente adresse ne "
    "permet plus de se connecter.",
    "address_changed.ask": "Si vous ne vous y attendiez pas, écrivez aussitôt à {contact}.",
    "address_changed.ask.nobody": "Si vous ne vous y attendiez pas, prévenez aussitôt votre interlocuteur chez nous.",
    "work_received.subject.one": "Une demande vous a été attribuée",
    "work_received.subject.other": "{count} demandes vous ont été attribuées",
    "work_received.body.one": "Vous suivez désormais une demande en cours de {from_name} chez {customer} :",
    "work_received.body.other": "Vous suivez désormais {count} demandes en cours de {from_name} chez {customer} :",
    "rejected.subject": "{portal} : votre inscription",
    "rejected.body": "Votre inscription n’a pas été acceptée.",
    "confirm.subject": "{portal} : confirmez votre adresse e-mail",
    "confirm.body": "Quelqu’un, sans doute vous, s’est inscrit sur notre portail client avec cette adresse. "
    "Confirmez-la ici :",
    "confirm.until": "Le lien est à usage unique et valable {hours} heures.",
    "confirm.ignore": "Si ce n’était pas vous, il n’y a rien à faire : rien ne se passe sans ce lien.",
    "known.subject": "{portal} : vous avez déjà accès",
    "known.body": "Quelqu’un, sans doute vous, s’est inscrit sur notre portail client avec cette adresse, qui a déjà un "
    "accès. Connectez-vous sur {address} ; vous pouvez aussi y choisir un nouveau mot de passe.",
    "known_invited.subject": "{portal} : vous avez déjà été invité",
    "known_invited.body": "Quelqu’un, sans doute vous, a demandé un accès à notre portail client avec cette adresse. "
    "Elle est déjà invitée : l’e-mail avec le lien d’activation a été envoyé. Si le lien ne fonctionne plus, "
    "demandez-en un nouveau.",
    "reset.subject": "{portal} : un nouveau mot de passe",
    "reset.body": "Choisissez un nouveau mot de passe ici (lien à usage unique, valable {minutes} minutes) :",
    "reset.ignore": "Si vous n’avez rien demandé, il n’y a rien à faire : votre mot de passe reste le même.",
    "registered.subject": "Une inscription attend votre approbation",
    "registered.body": "{who} a confirmé son adresse et attend votre approbation :",
    "staff_activation.subject": "{portal} : votre compte",
    "staff_activation.body": "Un compte vous a été ouvert sur notre portail client.",
    "staff_address_changed.subject": "{portal} : votre adresse a été changée",
    "staff_address_changed.body": "L’adresse e-mail de votre compte a été changée. La présente adresse ne permet plus "
    "de se connecter. Si vous ne vous y attendiez pas, prévenez aussitôt un administrateur du portail.",
    "quoted.subject": "Votre devis est prêt : {title}",
    "quoted.body": "Le devis pour « {title} » est prêt. Vous pouvez l’accepter jusqu’au {until} :",
    "accepted.subject": "Devis accepté : {title}",
    "accepted.body": "{who} ({customer}) a accepté le devis pour « {title} ».",
    "declined.subject": "Devis refusé : {title}",
    "declined.body": "{who} ({customer}) a refusé le devis pour « {title} ».",
    "submitted.subject": "Nouvelle demande : {title}",
    "submitted.body": "{who} ({customer}) a envoyé la demande « {title} ».",
    "delivered.subject": "Votre traduction est prête : {title}",
    "delivered.body": "La traduction de « {title} » est prête à être téléchargée :",
    "cancelled.subject": "Demande annulée : {title}",
    "cancelled.body": "La demande « {title} » a été annulée.",
    "reason": "Motif : {reason}",
    "role": "Sur le portail, vous pouvez {what}.",
    "ask": "Des questions ? Écrivez à {contact}.",
    "ask.nobody": "Des questions ? Adressez-vous à votre interlocuteur chez nous.",
    "requester": "envoyer des fichiers à traduire, demander des devis et les accepter, suivre vos demandes, "
    "télécharger les traductions et consulter les statistiques de vos envois",
    "observer": "voir toutes les demandes de votre organisation, suivre leur avancement, télécharger les "
    "traductions et consulter les statistiques",
    "manager": "envoyer des demandes, accepter les devis, voir les demandes de tous vos collègues et gérer votre "
    "équipe : changer les rôles et réattribuer le travail",
    "administrator": "tout administrer : clients, contacts, services, réglages et nos propres collaborateurs",
    "project_manager": "suivre les demandes de vos clients : devis, avancement, livraison",
    "left": "départ de la personne", "role_change": "autre rôle", "duplicate": "doublon",
    "other": "non précisé", "expired": "le devis n’a pas été accepté à temps",
}  # fmt: skip

GERMAN: Final = {
    "greeting": "Guten Tag {name},",
    "closing": "Freundliche Grüße",
    "activation.subject": "{portal}: Ihr Zugang",
    "activation.body": "Sie haben jetzt für {customer} Zugang zu unserem Kundenportal.",
    "activation.link": "Legen Sie hier Ihr Kennwort fest, und melden Sie sich an (der Link kann einmal verwendet "
    "werden, bis {until}):",
    "activation.later": "Danach melden Sie sich unter {address} mit dieser E-Mail-Adresse an.",
    "activation_again.subject": "{portal}: Bitte bestätigen Sie Ihren Zugang erneut",
    "activation_again.body": "Ihr Zugang für {customer} wartet darauf, dass Sie diese E-Mail-Adresse bestätigen.",
    "address_changed.subject": "{portal}: Ihre Adresse wurde geändert",
    "address_changed.body": "die E-Mail-Adresse Ihres Zugangs für {customer} wurde geändert. Mit dieser Adresse ist "
    "keine Anmeldung mehr möglich.",
    "address_changed.ask": "Wenn Sie das nicht erwartet haben, schreiben Sie sofort an {contact}.",
    "address_changed.ask.nobody": "Wenn Sie das nicht erwartet haben, sagen Sie es sofort Ihrer Ansprechperson bei uns.",
    "work_received.subject.one": "Eine Anfrage wurde Ihnen übertragen",
    "work_received.subject.other": "{count} Anfragen wurden Ihnen übertragen",
    "work_received.body.one": "Sie betreuen jetzt eine offene Anfrage von {from_name} bei {customer}:",
    "work_received.body.other": "Sie betreuen jetzt {count} offene Anfragen von {from_name} bei {customer}:",
    "rejected.subject": "{portal}: Ihre Registrierung",
    "rejected.body": "Ihre Registrierung wurde nicht angenommen.",
    "confirm.subject": "{portal}: Bestätigen Sie Ihre E-Mail-Adresse",
    "confirm.body": "jemand, hoffentlich Sie, hat sich mit dieser Adresse in unserem Kundenportal registriert. "
    "Bestätigen Sie sie hier:",
    "confirm.until": "Der Link kann einmal verwendet werden, {hours} Stunden lang.",
    "confirm.ignore": "Wenn Sie es nicht waren, ist nichts zu tun: Ohne den Link geschieht nichts.",
    "known.subject": "{portal}: Sie haben bereits Zugang",
    "known.body": "jemand, hoffentlich Sie, hat sich mit dieser Adresse in unserem Kundenportal registriert; sie hat "
    "aber schon einen Zugang. Melden Sie sich unter {address} an; dort können Sie auch ein neues Kennwort festlegen.",
    "known_invited.subject": "{portal}: Sie sind bereits eingeladen",
    "known_invited.body": "jemand, hoffentlich Sie, hat mit dieser Adresse um Zugang zu unserem Kundenportal gebeten. "
    "Sie ist schon eingeladen: Die E-Mail mit dem Aktivierungslink wurde verschickt. Wenn der Link nicht mehr "
    "funktioniert, bitten Sie um einen neuen.",
    "reset.subject": "{portal}: ein neues Kennwort",
    "reset.body": "legen Sie hier ein neues Kennwort fest (der Link kann einmal verwendet werden, {minutes} Minuten "
    "lang):",
    "reset.ignore": "Wenn Sie nicht darum gebeten haben, ist nichts zu tun: Ihr Kennwort bleibt, wie es ist.",
    "registered.subject": "Eine Registrierung wartet auf Genehmigung",
    "registered.body": "{who} hat die Adresse bestätigt und wartet auf Genehmigung:",
    "staff_activation.subject": "{portal}: Ihr Konto",
    "staff_activation.body": "in unserem Kundenportal wurde ein Konto für Sie eingerichtet.",
    "staff_address_changed.subject": "{portal}: Ihre Adresse wurde geändert",
    "staff_address_changed.body": "die E-Mail-Adresse Ihres Kontos wurde geändert. Mit dieser Adresse ist keine "
    "Anmeldung mehr möglich. Wenn Sie das nicht erwartet haben, sagen Sie es sofort einem Administrator des Portals.",
    "quoted.subject": "Ihr Angebot liegt vor: {title}",
    "quoted.body": "das Angebot für „{title}“ liegt vor. Sie können es bis {until} annehmen:",
    "accepted.subject": "Angebot angenommen: {title}",
    "accepted.body": "{who} ({customer}) hat das Angebot für „{title}“ angenommen.",
    "declined.subject": "Angebot abgelehnt: {title}",
    "declined.body": "{who} ({customer}) hat das Angebot für „{title}“ abgelehnt.",
    "submitted.subject": "Neue Anfrage: {title}",
    "submitted.body": "{who} ({customer}) hat die Anfrage „{title}“ gesendet.",
    "delivered.subject": "Ihre Übersetzung ist fertig: {title}",
    "delivered.body": "die Übersetzung von „{title}“ steht zum Herunterladen bereit:",
    "cancelled.subject": "Anfrage storniert: {title}",
    "cancelled.body": "die Anfrage „{title}“ wurde storniert.",
    "reason": "Grund: {reason}",
    "role": "Im Portal können Sie {what}.",
    "ask": "Fragen? Schreiben Sie an {contact}.",
    "ask.nobody": "Fragen? Wenden Sie sich an Ihre Ansprechperson bei uns.",
    "requester": "Dateien zur Übersetzung senden, Angebote einholen und annehmen, Ihre Anfragen verfolgen, "
    "Übersetzungen herunterladen und die Statistik Ihrer Anfragen ansehen",
    "observer": "alle Anfragen Ihrer Organisation sehen, den Fortschritt verfolgen, Übersetzungen herunterladen "
    "und die Statistik ansehen",
    "manager": "Anfragen senden, Angebote annehmen, die Anfragen aller Kolleginnen und Kollegen sehen und Ihr Team "
    "verwalten: Rollen ändern und Arbeit übertragen",
    "administrator": "alles verwalten: Kunden, Kontakte, Services, Einstellungen und unsere eigenen Mitarbeitenden",
    "project_manager": "die Anfragen Ihrer Kunden betreuen: Angebote, Fortschritt, Lieferung",
    "left": "die Person ist ausgeschieden", "role_change": "andere Rolle", "duplicate": "Dublette",
    "other": "nicht angegeben", "expired": "das Angebot wurde nicht rechtzeitig angenommen",
}  # fmt: skip

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    language: {key: typeset(language, text) for key, text in table.items()}
    for language, table in (("en", ENGLISH), ("fr", FRENCH), ("de", GERMAN))
}


def words(language: str) -> Mapping[str, str]:
    """The table of a language tag (`fr-CH` reads French); English for languages we do not write."""
    return WORDS[written_in(language)]


def written_in(language: str) -> str:
    """The language of the sentences that `words` gives for a tag: one that we write."""
    return first if (first := language.partition("-")[0].lower()) in WORDS else "en"
