"""Sentences of the history: who did what with what."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "history.lead": (
        "Who did what and when; and where files in git are behind it, which commit.",
        "Qui a fait quoi et quand ; et, si des fichiers dans git en sont à l’origine, par quel commit.",
        "Wer was wann getan hat, und durch welchen Commit, wenn Dateien in git dahinterstehen.",
    ),
    "history.object": ("Kind", "Type", "Art"),
    "history.by.reconciler": ("reconciler", "reconciler", "reconciler"),
    "history.by.administrator": ("administrator", "administrateur", "Administrator"),
    "history.by.project_manager": ("project manager", "chef de projet", "Projektmanager"),
    "history.by.manager": ("manager", "gestionnaire", "Manager"),
    "history.by.self": ("the person", "la personne", "die Person selbst"),
    "history.by.system": ("portal", "portail", "Portal"),
    "object.contact": ("contact", "contact", "Kontakt"),
    "object.customer": ("customer", "client", "Kunde"),
    "object.service": ("service", "service", "Service"),
    "object.settings": ("settings", "réglages", "Einstellungen"),
    "object.request": ("request", "demande", "Anfrage"),
    "object.staff": ("our people", "nos collaborateurs", "unsere Mitarbeitenden"),
    "object.mail": ("e-mail", "e-mail", "E-Mail"),
    "object.token": ("API token", "jeton d’API", "API-Token"),
    "history.did.added": ("added {what}", "a ajouté {what}", "hat {what} hinzugefügt"),
    "history.did.invited": ("invited {name}", "a invité {name}", "hat {name} eingeladen"),
    "history.did.sent": ("sent {what}", "a envoyé {what}", "hat {what} gesendet"),
    "history.did.changed": ("changed {what}", "a modifié {what}", "hat {what} geändert"),
    "history.did.removed": ("deleted {what}", "a supprimé {what}", "hat {what} gelöscht"),
    "history.did.handed-over": (
        "reassigned the open requests of {name}",
        "a réattribué les demandes en cours de {name}",
        "hat die offenen Anfragen von {name} übertragen",
    ),
    "history.did.limited": (
        "reached a limit and was refused",
        "a atteint une limite : l’action a été refusée",
        "hat eine Grenze erreicht und wurde abgewiesen",
    ),
    "history.limit": ("Limit", "Limite", "Grenze"),
    "limit.requests": (
        "requests sent in an hour", "demandes envoyées en une heure", "gesendete Anfragen in einer Stunde",
    ),
    "limit.mails": (
        "e-mails caused in an hour", "e-mails provoqués en une heure", "ausgelöste E-Mails in einer Stunde",
    ),
    "limit.staff-mails": (
        "e-mails caused in an hour", "e-mails provoqués en une heure", "ausgelöste E-Mails in einer Stunde",
    ),
    "limit.moves": (
        "reassignments in an hour", "réattributions en une heure", "Übertragungen in einer Stunde",
    ),
    "limit.addresses": (
        "e-mail addresses tried in a day", "adresses e-mail essayées en un jour", "versuchte E-Mail-Adressen an einem Tag",
    ),
    "limit.customer-gib": (
        "size of the customer’s files", "taille des fichiers du client", "Größe der Dateien des Kunden",
    ),
    "history.did.approved": (
        "approved the registration of {name}",
        "a approuvé l’inscription de {name}",
        "hat die Registrierung von {name} genehmigt",
    ),
    "history.did.rejected": (
        "rejected the registration of {name}",
        "a refusé l’inscription de {name}",
        "hat die Registrierung von {name} abgelehnt",
    ),
    "history.did.assigned": (
        "assigned the registration of {name} to a customer",
        "a rattaché l’inscription de {name} à un client",
        "hat die Registrierung von {name} einem Kunden zugeordnet",
    ),
    "history.did.restored": ("restored {what}", "a restauré {what}", "hat {what} wiederhergestellt"),
    "history.did.erased": (
        "erased the personal data of {name}",
        "a effacé les données personnelles de {name}",
        "hat die personenbezogenen Daten von {name} gelöscht",
    ),
    "history.did.resent": (
        "sent the activation link to {name} again",
        "a renvoyé le lien d’activation à {name}",
        "hat den Aktivierungslink erneut an {name} gesendet",
    ),
    "history.did.archived": ("archived {what}", "a archivé {what}", "hat {what} archiviert"),
    "history.did.code-renewed": (
        "made a new registration code for {what}",
        "a créé un nouveau code d’inscription pour {what}",
        "hat einen neuen Registrierungscode für {what} erstellt",
    ),
    "history.did.code-withdrawn": (
        "withdrew the registration code for {what}",
        "a retiré le code d’inscription pour {what}",
        "hat den Registrierungscode für {what} zurückgezogen",
    ),
    "history.did.quoted": (
        "sent the quote for {what}", "a envoyé le devis pour {what}", "hat das Angebot für {what} gesendet",
    ),
    "history.did.counted": (
        "counted the words of {what}", "a compté les mots de {what}", "hat die Wörter für {what} gezählt",
    ),
    "history.did.declined": ("declined {what}", "a refusé {what}", "hat {what} abgelehnt"),
    "history.did.accepted": (
        "accepted the quote for {what}", "a accepté le devis pour {what}", "hat das Angebot für {what} angenommen",
    ),
    "history.did.refused": (
        "rejected the quote for {what}", "a refusé le devis pour {what}", "hat das Angebot für {what} abgelehnt",
    ),
    "history.did.withdrawn": (
        "withdrew the quote for {what}", "a retiré le devis pour {what}", "hat das Angebot für {what} zurückgezogen",
    ),
    "history.did.revived": (
        "offered the quote for {what} again",
        "a proposé à nouveau le devis pour {what}",
        "hat das Angebot für {what} erneut vorgelegt",
    ),
    "history.did.progress": (
        "reported progress on {what}",
        "a indiqué l’avancement pour {what}",
        "hat den Fortschritt für {what} gemeldet",
    ),
    "history.did.delivered": ("delivered {what}", "a livré {what}", "hat {what} geliefert"),
    "history.did.reassigned": ("reassigned {what}", "a réattribué {what}", "hat {what} übertragen"),
    "history.did.expired": (
        "cancelled {what}: the quote had expired",
        "a annulé {what} : le devis avait expiré",
        "hat {what} storniert: Das Angebot war abgelaufen",
    ),
    "history.did.link-expired": (
        "noted that the activation link of {name} has expired",
        "a constaté l’expiration du lien d’activation de {name}",
        "hat vermerkt, dass der Aktivierungslink von {name} abgelaufen ist",
    ),
    "history.did.retried": (
        "tried to send {what} again", "a relancé l’envoi de {what}", "hat {what} erneut auf den Weg gebracht",
    ),
    "history.did.account": (
        "changed their own details", "a modifié ses propres informations", "hat die eigenen Angaben geändert",
    ),
    "history.did.password": ("changed their password", "a changé son mot de passe", "hat das eigene Kennwort geändert"),
    "history.did.reset": (
        "set a new password", "a choisi un nouveau mot de passe", "hat ein neues Kennwort festgelegt",
    ),
    "history.did.activated": ("activated their access", "a activé son accès", "hat den eigenen Zugang aktiviert"),
    "history.did.signed-up": (
        "signed up as {name}", "s’est inscrit sous le nom de {name}", "hat sich als {name} registriert",
    ),
    "history.did.seeded": (
        "filled the portal for a demonstration",
        "a rempli le portail pour une démonstration",
        "hat das Portal für eine Vorführung gefüllt",
    ),
    "history.did.named": (
        "changed the name of the portal", "a changé le nom du portail", "hat den Namen des Portals geändert",
    ),
    "history.did.brought-back": (
        "restored the portal from a backup",
        "a restauré le portail à partir d’une sauvegarde",
        "hat das Portal aus einer Sicherung wiederhergestellt",
    ),
    "history.epoch": ("Epoch", "Époque", "Epoche"),
    "history.head": ("Head of the history", "Tête de l’historique", "Kopf des Verlaufs"),
    "history.did.token-made": (
        "made the API token “{name}”", "a créé le jeton d’API « {name} »", "hat das API-Token „{name}“ erstellt",
    ),
    "history.did.token-revoked": (
        "revoked the API token “{name}”", "a révoqué le jeton d’API « {name} »", "hat das API-Token „{name}“ entzogen",
    ),
    "history.scope": ("Scope", "Portée", "Umfang"),
    "history.valid-until": ("Valid until", "Valable jusqu’au", "Gültig bis"),
    "history.for-owner": (
        "Writes only what belongs to", "N’écrit que ce qui appartient à", "Schreibt nur, was diesem Eigentümer gehört",
    ),
    "history.did.renamed": (
        "renamed the file for {what}", "a renommé le fichier pour {what}", "hat die Datei für {what} umbenannt",
    ),
    "history.did.adopted": (
        "now manages {what} by a file",
        "gère désormais {what} par un fichier",
        "verwaltet {what} jetzt mit einer Datei",
    ),
    "history.did.released": (
        "no longer manages {what} by a file",
        "ne gère plus {what} par un fichier",
        "verwaltet {what} nicht mehr mit einer Datei",
    ),
    "history.did.recorded": (
        "compared {what} with its file and changed nothing",
        "a comparé {what} avec son fichier sans rien modifier",
        "hat {what} mit der Datei verglichen und nichts geändert",
    ),
    "history.the.contact": ("the contact {name}", "le contact {name}", "den Kontakt {name}"),
    "history.the.customer": ("the customer {name}", "le client {name}", "den Kunden {name}"),
    "history.the.service": ("the service {name}", "le service {name}", "den Service {name}"),
    "history.the.request": ("the request “{name}”", "la demande « {name} »", "die Anfrage „{name}“"),
    "history.the.staff": ("the account of {name}", "le compte de {name}", "das Konto von {name}"),
    "history.the.mail": ("the e-mail “{name}”", "l’e-mail « {name} »", "die E-Mail „{name}“"),
    "history.the.settings": ("the settings", "les réglages", "die Einstellungen"),
    "object.portal": ("portal", "portail", "Portal"),
    "history.protected": ("Protected", "Protégé", "Geschützt"),
    "history.key": ("Key in the files", "Clé dans les fichiers", "Schlüssel in den Dateien"),
    "history.only": ("Only what concerns {name}.", "Seulement ce qui concerne {name}.", "Nur was {name} betrifft."),
    "history.everything": ("Show everything", "Tout afficher", "Alles anzeigen"),
    "history.raw": ("As recorded", "Tel qu’enregistré", "Wie aufgezeichnet"),
    "history.commit.file": ("Commit and file", "Commit et fichier", "Commit und Datei"),
}  # fmt: skip
