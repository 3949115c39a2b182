"""Sentences of the pages about people: the manager's team, and the administrator's contacts."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "team.lead": (
        "Everybody at {customer} who has access.",
        "Toutes les personnes de {customer} qui ont accès.",
        "Alle bei {customer}, die Zugang haben.",
    ),
    "team.deleted": ("Show deleted contacts", "Afficher les contacts supprimés", "Gelöschte Kontakte anzeigen"),
    "team.open": ("Open requests", "Demandes en cours", "Offene Anfragen"),
    "team.you": ("you", "vous", "Sie"),
    "team.yourself": (
        "You cannot change your own access. Ask another manager, or us.",
        "Vous ne pouvez pas modifier votre propre accès. Demandez à un autre responsable, ou à nous.",
        "Ihren eigenen Zugang können Sie nicht ändern. Fragen Sie einen anderen Verantwortlichen oder uns.",
    ),
    "person.edit": ("Details and role", "Coordonnées et rôle", "Angaben und Rolle"),
    "person.email.hint": (
        "Another address takes access away until the person confirms it.",
        "Une autre adresse suspend l’accès jusqu’à ce que la personne la confirme.",
        "Eine andere Adresse nimmt den Zugang, bis die Person sie bestätigt.",
    ),
    "person.language.hint": (
        "Mails and pages; without one, the customer’s.",
        "Courriels et pages ; à défaut, celle du client.",
        "E-Mails und Seiten; ohne Angabe die des Kunden.",
    ),
    "person.heir": ("Who receives the open requests?", "Qui reçoit les demandes en cours ?", "Wer erhält die offenen Anfragen?"),
    "person.heir.hint.one": (
        "{count} request is open.", "{count} demande est en cours.", "{count} Anfrage ist offen.",
    ),
    "person.heir.hint.other": (
        "{count} requests are open.", "{count} demandes sont en cours.", "{count} Anfragen sind offen.",
    ),
    "person.heir.role": (
        "Needed when the new role holds no requests.",
        "Nécessaire quand le nouveau rôle ne détient pas de demandes.",
        "Nötig, wenn die neue Rolle keine Anfragen betreut.",
    ),
    "person.reassign": ("Reassign work", "Attribuer le travail", "Arbeit übertragen"),
    "person.reassign.do": ("Reassign all open requests", "Attribuer toutes les demandes en cours", "Alle offenen Anfragen übertragen"),
    "person.reassign.none": (
        "There is no open work to reassign.", "Il n’y a pas de travail en cours à attribuer.",
        "Es gibt keine offene Arbeit zu übertragen.",
    ),
    "person.remove": ("Delete", "Supprimer", "Löschen"),
    "person.remove.lead": (
        "{name} loses access at once. Open requests are reassigned in the same moment.",
        "{name} perd l’accès aussitôt. Les demandes en cours sont attribuées au même moment.",
        "{name} verliert sofort den Zugang. Offene Anfragen werden im selben Moment übertragen.",
    ),
    "person.remove.do": ("Delete {name}", "Supprimer {name}", "{name} löschen"),
    "person.removed": (
        "Deleted on {when} by {who}. Can be restored until {until}.",
        "Supprimé le {when} par {who}. Peut être restauré jusqu’au {until}.",
        "Gelöscht am {when} von {who}. Kann bis {until} wiederhergestellt werden.",
    ),
    "person.restore": ("Restore", "Restaurer", "Wiederherstellen"),
    "person.restore.lead": (
        "The person is asked to activate the access again.",
        "La personne est invitée à réactiver son accès.",
        "Die Person wird gebeten, den Zugang erneut zu aktivieren.",
    ),
    "person.resend": ("Send the activation link again", "Renvoyer le lien d’activation", "Aktivierungslink erneut senden"),
    "person.erase": ("Erase personal data", "Effacer les données personnelles", "Persönliche Daten tilgen"),
    "person.erase.lead": (
        "Name and address are gone for good; the person cannot be restored.",
        "Nom et adresse disparaissent pour de bon ; la personne ne peut plus être restaurée.",
        "Name und Adresse sind endgültig weg; die Person lässt sich nicht wiederherstellen.",
    ),
    "person.history": ("History", "Historique", "Verlauf"),
    "person.services.all": (
        "All services of the customer", "Tous les services du client", "Alle Dienste des Kunden",
    ),
    "person.services.hint": (
        "Without the box above, only the ticked ones.", "Sans la case ci-dessus, seulement ceux cochés.",
        "Ohne das Kästchen darüber nur die angekreuzten.",
    ),
    "contacts.waiting": ("Waiting for approval", "En attente d’approbation", "Warten auf Genehmigung"),
    "contacts.all": ("Show all, deleted ones too", "Tout afficher, même les supprimés", "Alle anzeigen, auch gelöschte"),
    "contacts.search": ("Name or address", "Nom ou adresse", "Name oder Adresse"),
    "contacts.add": ("Add contact", "Ajouter un contact", "Kontakt hinzufügen"),
    "contacts.add.lead": (
        "For people who have not registered themselves. They get a mail with a link to set a password.",
        "Pour les personnes qui ne se sont pas inscrites elles-mêmes. Elles reçoivent un lien pour choisir un mot de passe.",
        "Für Personen, die sich nicht selbst registriert haben. Sie erhalten einen Link, um ein Kennwort festzulegen.",
    ),
    "registration.title": ("Registration", "Inscription", "Registrierung"),
    "registration.lead": (
        "{name} signed up and confirmed the address {email}.",
        "{name} s’est inscrit et a confirmé l’adresse {email}.",
        "{name} hat sich registriert und die Adresse {email} bestätigt.",
    ),
    "registration.git": (
        "Where files manage this customer, approve by merging a file: reconciler registrations pull writes it.",
        "Si des fichiers gèrent ce client, approuvez en fusionnant un fichier : reconciler registrations pull l’écrit.",
        "Wo Dateien diesen Kunden verwalten, genehmigen Sie durch Mergen einer Datei: reconciler registrations pull schreibt sie.",
    ),
    "registration.approve": ("Approve", "Approuver", "Genehmigen"),
    "registration.reject": ("Reject", "Refuser", "Ablehnen"),
    "registration.reject.lead": (
        "The person is told by a mail.", "La personne est prévenue par courriel.", "Die Person erfährt es per E-Mail.",
    ),
    "registration.unassigned": ("not assigned yet", "pas encore attribuée", "noch nicht zugeordnet"),
    "registration.foreign": (
        "The address is not of the customer’s e-mail domains.",
        "L’adresse n’appartient pas aux domaines du client.",
        "Die Adresse gehört nicht zu den E-Mail-Domains des Kunden.",
    ),
    "done.reassigned": ("The work was reassigned.", "Le travail a été attribué.", "Die Arbeit wurde übertragen."),
    "done.approved": ("Approved; the activation mail is on its way.", "Approuvé ; le courriel d’activation est en route.", "Genehmigt; die Aktivierungsmail ist unterwegs."),
    "done.rejected": ("Rejected.", "Refusé.", "Abgelehnt."),
    "done.resent": ("The link was sent again.", "Le lien a été renvoyé.", "Der Link wurde erneut gesendet."),
    "done.erased": ("The personal data is gone.", "Les données personnelles sont effacées.", "Die persönlichen Daten sind getilgt."),
    "person.rejected": (
        "Rejected on {when} by {who}.", "Refusé le {when} par {who}.", "Abgelehnt am {when} von {who}.",
    ),
    "person.language.home": ("As the customer: {language}", "Comme le client : {language}", "Wie der Kunde: {language}"),
    "person.language.customers": ("As the customer", "Comme le client", "Wie der Kunde"),
    "person.orders-nothing": (
        "{name} can order nothing: no service is ticked that the customer may order.",
        "{name} ne peut rien commander : aucun service ouvert au client n’est coché.",
        "{name} kann nichts bestellen: kein Dienst ist angekreuzt, den der Kunde bestellen darf.",
    ),
    "git.managed": ("Managed by a file in git", "Géré par un fichier dans git", "Von einer Datei in git verwaltet"),
    "git.warning": (
        "The file {path} manages this. A change here is proposed to whoever keeps the files, or reverted by them.",
        "Le fichier {path} gère ceci. Un changement ici est proposé à ceux qui tiennent les fichiers, ou annulé par eux.",
        "Die Datei {path} verwaltet dies. Eine Änderung hier wird denen vorgeschlagen, die die Dateien pflegen, oder von ihnen zurückgenommen.",
    ),
}  # fmt: skip
