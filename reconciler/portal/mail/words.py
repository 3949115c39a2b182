"""Every sentence of every mail, in English, French and German.

One table per language, the same keys in each (a test compares them). `{…}` are filled in by
`letters`; nothing else is interpreted in a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ENGLISH: Final = {
    "greeting": "Hello {name},",
    "closing": "Kind regards",
    "from": "{portal}",
    "activation.subject": "Your access to {portal}",
    "activation.body": "{provider} has opened the customer portal to you for {customer}.",
    "activation.link": "Set your password and log in here (the link works once, until {until}):",
    "activation.later": "From then on you log in at {address} with this e-mail address.",
    "activation_again.subject": "Confirm your access to {portal} again",
    "activation_again.body": "your access for {customer} waits for you to confirm this e-mail address.",
    "address_changed.subject": "Your address at {portal} was changed",
    "address_changed.body": "the e-mail address of your access for {customer} was changed. This address no longer "
    "logs in. If you did not expect this, write to {contact}.",
    "work_received.subject": "Requests were handed over to you",
    "work_received.body": "you now look after {count} open requests of {from_name} at {customer}:",
    "rejected.subject": "Your registration at {portal}",
    "rejected.body": "your registration was not accepted. Reason: {reason}.",
    "confirm.subject": "Confirm your e-mail address",
    "confirm.body": "somebody, hopefully you, signed up at {portal} with this address. Confirm it here:",
    "confirm.ignore": "If it was not you, there is nothing to do: nothing happens without the link.",
    "known.subject": "You already have access to {portal}",
    "known.body": "somebody, hopefully you, signed up at {portal} with this address, but it already has access. "
    "Log in at {address}; there you can also set a new password.",
    "reset.subject": "A new password for {portal}",
    "reset.body": "set a new password here (the link works once, for {minutes} minutes):",
    "reset.ignore": "If you did not ask for it, there is nothing to do: your password stays as it is.",
    "registered.subject": "A registration waits for approval",
    "registered.body": "{who} confirmed an address and waits for approval.",
    "staff_activation.subject": "Your account at {portal}",
    "staff_activation.body": "an account at the customer portal {portal} was opened for you.",
    "staff_address_changed.subject": "Your address at {portal} was changed",
    "staff_address_changed.body": "the e-mail address of your account was changed. This address no longer logs in. "
    "If you did not expect this, tell an administrator of the portal at once.",
    "known_invited.subject": "You were invited to {portal}",
    "known_invited.body": "somebody, hopefully you, asked for access to {portal} with this address. It was invited "
    "already: the mail with the activation link has been sent. If the link no longer works, ask for a new one.",
    "confirm.until": "The link works once, for {hours} hours.",
    "administrator": "run the portal: customers, contacts, services, settings, and our own people.",
    "project_manager": "look after the requests of your customers: quotes, progress, delivery.",
    "quoted.subject": "Your quote is ready: {title}",
    "quoted.body": "the quote for {title} is ready. You can accept it until {until}:",
    "accepted.subject": "Quote accepted: {title}",
    "accepted.body": "{who} of {customer} accepted the quote for {title}.",
    "submitted.subject": "New request: {title}",
    "submitted.body": "{who} of {customer} sent the request {title}.",
    "delivered.subject": "Your translation is ready: {title}",
    "delivered.body": "the translation of {title} is ready for download:",
    "cancelled.subject": "Request cancelled: {title}",
    "cancelled.body": "the request {title} was cancelled. Reason: {reason}.",
    "role": "What you can do there: {what}",
    "ask": "Questions? Write to {contact}.",
    "requester": "send files for translation, ask for quotes and accept them, follow your requests, download "
    "the translations and see the statistics of what you sent.",
    "observer": "see all requests of your organisation, follow their progress, download the translations and "
    "see the statistics.",
    "manager": "all of it: send requests, accept quotes, see the requests of all colleagues, and manage your "
    "team: change roles and hand over work.",
    "left": "the person left", "role_change": "another role", "duplicate": "a duplicate",
    "other": "not stated", "expired": "it was not accepted in time",
}  # fmt: skip

FRENCH: Final = {
    "greeting": "Bonjour {name},",
    "closing": "Cordialement",
    "from": "{portal}",
    "activation.subject": "Votre accès à {portal}",
    "activation.body": "{provider} vous ouvre le portail client pour {customer}.",
    "activation.link": "Choisissez votre mot de passe et connectez-vous ici (lien à usage unique, valable "
    "jusqu’au {until}) :",
    "activation.later": "Ensuite, connectez-vous sur {address} avec cette adresse e-mail.",
    "activation_again.subject": "Confirmez à nouveau votre accès à {portal}",
    "activation_again.body": "votre accès pour {customer} attend que vous confirmiez cette adresse e-mail.",
    "address_changed.subject": "Votre adresse sur {portal} a changé",
    "address_changed.body": "l’adresse e-mail de votre accès pour {customer} a été changée. Cette adresse ne permet "
    "plus de se connecter. Si vous ne vous y attendiez pas, écrivez à {contact}.",
    "work_received.subject": "Des demandes vous ont été attribuées",
    "work_received.body": "vous suivez désormais {count} demandes en cours de {from_name} chez {customer} :",
    "rejected.subject": "Votre inscription à {portal}",
    "rejected.body": "votre inscription n’a pas été acceptée. Motif : {reason}.",
    "confirm.subject": "Confirmez votre adresse e-mail",
    "confirm.body": "quelqu’un, sans doute vous, s’est inscrit sur {portal} avec cette adresse. Confirmez-la ici :",
    "confirm.ignore": "Si ce n’était pas vous, il n’y a rien à faire : rien ne se passe sans ce lien.",
    "known.subject": "Vous avez déjà accès à {portal}",
    "known.body": "quelqu’un, sans doute vous, s’est inscrit sur {portal} avec cette adresse, qui a déjà un accès. "
    "Connectez-vous sur {address} ; vous pouvez aussi y choisir un nouveau mot de passe.",
    "reset.subject": "Un nouveau mot de passe pour {portal}",
    "reset.body": "choisissez un nouveau mot de passe ici (lien à usage unique, valable {minutes} minutes) :",
    "reset.ignore": "Si vous n’avez rien demandé, il n’y a rien à faire : votre mot de passe reste le même.",
    "registered.subject": "Une inscription attend votre approbation",
    "registered.body": "{who} a confirmé son adresse et attend l’approbation.",
    "staff_activation.subject": "Votre compte sur {portal}",
    "staff_activation.body": "un compte vous a été ouvert sur le portail client {portal}.",
    "staff_address_changed.subject": "Votre adresse sur {portal} a changé",
    "staff_address_changed.body": "l’adresse e-mail de votre compte a été changée. Cette adresse ne permet plus de se "
    "connecter. Si vous ne vous y attendiez pas, prévenez aussitôt un administrateur du portail.",
    "known_invited.subject": "Vous avez été invité sur {portal}",
    "known_invited.body": "quelqu’un, sans doute vous, a demandé un accès à {portal} avec cette adresse. Elle est déjà "
    "invitée : le courriel avec le lien d’activation a été envoyé. Si le lien ne fonctionne plus, demandez-en un nouveau.",
    "confirm.until": "Le lien est à usage unique et valable {hours} heures.",
    "administrator": "administrer le portail : clients, contacts, services, réglages et nos collaborateurs.",
    "project_manager": "suivre les demandes de vos clients : devis, avancement, livraison.",
    "quoted.subject": "Votre devis est prêt : {title}",
    "quoted.body": "le devis pour {title} est prêt. Vous pouvez l’accepter jusqu’au {until} :",
    "accepted.subject": "Devis accepté : {title}",
    "accepted.body": "{who} ({customer}) a accepté le devis pour {title}.",
    "submitted.subject": "Nouvelle demande : {title}",
    "submitted.body": "{who} ({customer}) a envoyé la demande {title}.",
    "delivered.subject": "Votre traduction est prête : {title}",
    "delivered.body": "la traduction de {title} est prête à être téléchargée :",
    "cancelled.subject": "Demande annulée : {title}",
    "cancelled.body": "la demande {title} a été annulée. Motif : {reason}.",
    "role": "Ce que vous pouvez y faire : {what}",
    "ask": "Des questions ? Écrivez à {contact}.",
    "requester": "envoyer des fichiers à traduire, demander des devis et les accepter, suivre vos demandes, "
    "télécharger les traductions et voir les statistiques de vos envois.",
    "observer": "voir toutes les demandes de votre organisation, suivre leur avancement, télécharger les "
    "traductions et voir les statistiques.",
    "manager": "tout : envoyer des demandes, accepter les devis, voir les demandes de tous vos collègues, et gérer "
    "votre équipe : changer les rôles et attribuer le travail.",
    "left": "départ de la personne", "role_change": "autre rôle", "duplicate": "doublon",
    "other": "non précisé", "expired": "non accepté à temps",
}  # fmt: skip

GERMAN: Final = {
    "greeting": "Guten Tag {name},",
    "closing": "Freundliche Grüße",
    "from": "{portal}",
    "activation.subject": "Ihr Zugang zu {portal}",
    "activation.body": "{provider} hat das Kundenportal für Sie geöffnet, und zwar für {customer}.",
    "activation.link": "Legen Sie hier Ihr Kennwort fest und melden Sie sich an (der Link gilt einmal, bis {until}):",
    "activation.later": "Danach melden Sie sich unter {address} mit dieser E-Mail-Adresse an.",
    "activation_again.subject": "Bestätigen Sie Ihren Zugang zu {portal} erneut",
    "activation_again.body": "Ihr Zugang für {customer} wartet darauf, dass Sie diese E-Mail-Adresse bestätigen.",
    "address_changed.subject": "Ihre Adresse bei {portal} wurde geändert",
    "address_changed.body": "die E-Mail-Adresse Ihres Zugangs für {customer} wurde geändert. Mit dieser Adresse ist "
    "keine Anmeldung mehr möglich. Wenn Sie das nicht erwartet haben, schreiben Sie an {contact}.",
    "work_received.subject": "Anfragen wurden Ihnen übertragen",
    "work_received.body": "Sie betreuen jetzt {count} offene Anfragen von {from_name} bei {customer}:",
    "rejected.subject": "Ihre Registrierung bei {portal}",
    "rejected.body": "Ihre Registrierung wurde nicht angenommen. Grund: {reason}.",
    "confirm.subject": "Bestätigen Sie Ihre E-Mail-Adresse",
    "confirm.body": "jemand, hoffentlich Sie, hat sich mit dieser Adresse bei {portal} registriert. Bestätigen "
    "Sie sie hier:",
    "confirm.ignore": "Wenn Sie es nicht waren, ist nichts zu tun: ohne den Link geschieht nichts.",
    "known.subject": "Sie haben bereits Zugang zu {portal}",
    "known.body": "jemand, hoffentlich Sie, hat sich mit dieser Adresse bei {portal} registriert; sie hat aber schon "
    "einen Zugang. Melden Sie sich unter {address} an; dort können Sie auch ein neues Kennwort festlegen.",
    "reset.subject": "Ein neues Kennwort für {portal}",
    "reset.body": "legen Sie hier ein neues Kennwort fest (der Link gilt einmal, {minutes} Minuten lang):",
    "reset.ignore": "Wenn Sie nicht darum gebeten haben, ist nichts zu tun: Ihr Kennwort bleibt, wie es ist.",
    "registered.subject": "Eine Registrierung wartet auf Genehmigung",
    "registered.body": "{who} hat die Adresse bestätigt und wartet auf Genehmigung.",
    "staff_activation.subject": "Ihr Konto bei {portal}",
    "staff_activation.body": "im Kundenportal {portal} wurde ein Konto für Sie eingerichtet.",
    "staff_address_changed.subject": "Ihre Adresse bei {portal} wurde geändert",
    "staff_address_changed.body": "die E-Mail-Adresse Ihres Kontos wurde geändert. Mit dieser Adresse ist keine "
    "Anmeldung mehr möglich. Wenn Sie das nicht erwartet haben, sagen Sie es sofort der Verwaltung des Portals.",
    "known_invited.subject": "Sie wurden zu {portal} eingeladen",
    "known_invited.body": "jemand, hoffentlich Sie, hat mit dieser Adresse um Zugang zu {portal} gebeten. Sie ist schon "
    "eingeladen: die E-Mail mit dem Aktivierungslink wurde verschickt. Gilt der Link nicht mehr, bitten Sie um einen neuen.",
    "confirm.until": "Der Link gilt einmal, {hours} Stunden lang.",
    "administrator": "das Portal verwalten: Kunden, Kontakte, Dienste, Einstellungen und unsere eigenen Leute.",
    "project_manager": "die Anfragen Ihrer Kunden betreuen: Angebote, Fortschritt, Lieferung.",
    "quoted.subject": "Ihr Angebot liegt vor: {title}",
    "quoted.body": "das Angebot für {title} liegt vor. Sie können es bis {until} annehmen:",
    "accepted.subject": "Angebot angenommen: {title}",
    "accepted.body": "{who} ({customer}) hat das Angebot für {title} angenommen.",
    "submitted.subject": "Neue Anfrage: {title}",
    "submitted.body": "{who} ({customer}) hat die Anfrage {title} gesendet.",
    "delivered.subject": "Ihre Übersetzung ist fertig: {title}",
    "delivered.body": "die Übersetzung von {title} steht zum Herunterladen bereit:",
    "cancelled.subject": "Anfrage storniert: {title}",
    "cancelled.body": "die Anfrage {title} wurde storniert. Grund: {reason}.",
    "role": "Was Sie dort tun können: {what}",
    "ask": "Fragen? Schreiben Sie an {contact}.",
    "requester": "Dateien zur Übersetzung senden, Angebote einholen und annehmen, Ihre Anfragen verfolgen, "
    "Übersetzungen herunterladen und die Statistik Ihrer Anfragen ansehen.",
    "observer": "alle Anfragen Ihrer Organisation sehen, den Fortschritt verfolgen, Übersetzungen herunterladen "
    "und die Statistik ansehen.",
    "manager": "alles: Anfragen senden, Angebote annehmen, die Anfragen aller Kolleginnen und Kollegen sehen und "
    "Ihr Team verwalten: Rollen ändern und Arbeit übertragen.",
    "left": "die Person ist ausgeschieden", "role_change": "andere Rolle", "duplicate": "Dublette",
    "other": "nicht angegeben", "expired": "nicht rechtzeitig angenommen",
}  # fmt: skip

WORDS: Final[Mapping[str, Mapping[str, str]]] = {"en": ENGLISH, "fr": FRENCH, "de": GERMAN}


def words(language: str) -> Mapping[str, str]:
    """The table of a language tag (`fr-CH` reads French); English for languages we do not write."""
    return WORDS.get(language.partition("-")[0].lower(), ENGLISH)


def written_in(language: str) -> str:
    """The language of the sentences that `words` gives for a tag: one that we write."""
    return first if (first := language.partition("-")[0].lower()) in WORDS else "en"
