"""Sentences of the pages about people: the manager's team, and the administrator's contacts."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "team.lead": (
        "Everybody at {customer} who has access.",
        "Toutes les personnes qui ont accès chez {customer}.",
        "Alle bei {customer}, die Zugang haben.",
    ),
    "team.deleted": ("Show deleted contacts", "Afficher les contacts supprimés", "Gelöschte Kontakte anzeigen"),
    "team.open": ("Open requests", "Demandes en cours", "Offene Anfragen"),
    "team.you": ("you", "vous", "Sie"),
    "team.yourself": (
        "You cannot change your own access. Ask another manager, or us.",
        "Vous ne pouvez pas modifier votre propre accès. Adressez-vous à un autre gestionnaire ou à nous.",
        "Ihren eigenen Zugang können Sie nicht ändern. Wenden Sie sich an einen anderen Manager oder an uns.",
    ),
    "person.edit": ("Details and role", "Coordonnées et rôle", "Angaben und Rolle"),
    "person.email.hint": (
        "After a change, access is paused until the person confirms the new address.",
        "Après un changement, l’accès est suspendu jusqu’à ce que la personne confirme la nouvelle adresse.",
        "Nach einer Änderung ruht der Zugang, bis die Person die neue Adresse bestätigt.",
    ),
    "person.language.hint": (
        "For e-mails and pages; left empty, the customer’s language.",
        "Pour les e-mails et les pages ; à défaut, la langue du client.",
        "Für E-Mails und Seiten; ohne Angabe die Sprache des Kunden.",
    ),
    "person.heir": ("Who receives the open requests?", "Qui reçoit les demandes en cours ?", "Wer erhält die offenen Anfragen?"),
    "person.heir.hint.one": (
        "{count} request is open.", "{count} demande est en cours.", "{count} Anfrage ist offen.",
    ),
    "person.heir.hint.other": (
        "{count} requests are open.", "{count} demandes sont en cours.", "{count} Anfragen sind offen.",
    ),
    "person.heir.role": (
        "Needed if the new role holds no requests.",
        "Nécessaire si le nouveau rôle ne peut pas avoir de demandes.",
        "Nötig, wenn die neue Rolle keine Anfragen betreut.",
    ),
    "person.reassign": ("Reassign work", "Réattribuer le travail", "Arbeit übertragen"),
    "person.reassign.do": (
        "Reassign all open requests", "Réattribuer toutes les demandes en cours", "Alle offenen Anfragen übertragen",
    ),
    "person.reassign.none": (
        "There is no open work to reassign.",
        "Il n’y a pas de travail en cours à réattribuer.",
        "Es gibt keine offene Arbeit zu übertragen.",
    ),
    "person.protected": (
        "{name} is protected: nobody can delete this contact, change the e-mail address, or take a role or a service away.",
        "{name} est un contact protégé : personne ne peut le supprimer, modifier son adresse e-mail, ni lui retirer un rôle ou un service.",
        "{name} ist geschützt: Niemand kann diesen Kontakt löschen, die E-Mail-Adresse ändern oder eine Rolle oder einen Service wegnehmen.",
    ),
    "person.remove": ("Delete", "Supprimer", "Löschen"),
    "person.remove.lead": (
        "{name} loses access at once. Open requests are reassigned at the same time.",
        "{name} perd immédiatement l’accès. Les demandes en cours sont réattribuées en même temps.",
        "{name} verliert sofort den Zugang. Offene Anfragen werden gleichzeitig übertragen.",
    ),
    "person.remove.do": ("Delete {name}", "Supprimer {name}", "{name} löschen"),
    "person.removed": (
        "Deleted on {when} by {who}. Can be restored until {until}. Reason: {reason}.",
        "Supprimé le {when} par {who}. Peut être restauré jusqu’au {until}. Motif : {reason}.",
        "Gelöscht am {when} von {who}. Kann bis {until} wiederhergestellt werden. Grund: {reason}.",
    ),
    "person.restore": ("Restore", "Restaurer", "Wiederherstellen"),
    "person.restore.lead": (
        "The person is asked to activate the access again.",
        "La personne est invitée à réactiver son accès.",
        "Die Person wird gebeten, den Zugang erneut zu aktivieren.",
    ),
    "person.resend": ("Send the activation link again", "Renvoyer le lien d’activation", "Aktivierungslink erneut senden"),
    "person.erase": ("Erase personal data", "Effacer les données personnelles", "Personenbezogene Daten löschen"),
    "person.erase.lead": (
        "Name and address are erased for good; the person can no longer be restored.",
        "Le nom et l’adresse sont effacés définitivement ; la personne ne pourra plus être restaurée.",
        "Name und Adresse werden endgültig gelöscht; die Person lässt sich dann nicht mehr wiederherstellen.",
    ),
    "person.history": ("History", "Historique", "Verlauf"),
    "person.services.all": ("All services of the customer", "Tous les services du client", "Alle Services des Kunden"),
    "person.services.hint": (
        "Without this box, only the ones ticked below.",
        "Sans cette case, seulement ceux cochés ci-dessous.",
        "Ohne dieses Häkchen nur die unten angekreuzten.",
    ),
    "contacts.waiting": ("Waiting for approval", "En attente d’approbation", "Warten auf Genehmigung"),
    "contacts.all": ("Show all, deleted ones too", "Tout afficher, même les supprimés", "Alle anzeigen, auch gelöschte"),
    "contacts.search": ("Name or address", "Nom ou adresse", "Name oder Adresse"),
    "contacts.add": ("Add contact", "Ajouter un contact", "Kontakt hinzufügen"),
    "contacts.add.lead": (
        "For people who have not registered themselves. They get an e-mail with a link to set a password.",
        "Pour les personnes qui ne se sont pas inscrites elles-mêmes. Elles reçoivent un e-mail avec un lien pour choisir un mot de passe.",
        "Für Personen, die sich nicht selbst registriert haben. Sie erhalten eine E-Mail mit einem Link, um ein Kennwort festzulegen.",
    ),
    "registration.title": ("Registration", "Inscription", "Registrierung"),
    "registration.lead": (
        "{name} signed up and confirmed the address {email}.",
        "{name} s’est inscrit et a confirmé l’adresse {email}.",
        "{name} hat sich registriert und die Adresse {email} bestätigt.",
    ),
    "registration.git": (
        "Where files manage this customer, approve by merging a file: reconciler plan shows the line it needs.",
        "Si des fichiers gèrent ce client, approuvez en fusionnant un fichier : reconciler plan montre la ligne qu’il lui faut.",
        "Wo Dateien diesen Kunden verwalten, genehmigen Sie durch Mergen einer Datei: Die Zeile, die sie braucht, zeigt reconciler plan.",
    ),
    "registration.approve": ("Approve", "Approuver", "Genehmigen"),
    "registration.reject": ("Reject", "Refuser", "Ablehnen"),
    "registration.reject.lead": (
        "The person is told by e-mail.", "La personne est prévenue par e-mail.", "Die Person erfährt es per E-Mail.",
    ),
    "registration.unassigned": ("not assigned yet", "pas encore attribuée", "noch nicht zugeordnet"),
    "registration.foreign": (
        "The address does not belong to the customer’s e-mail domains.",
        "L’adresse n’appartient pas aux domaines du client.",
        "Die Adresse gehört nicht zu den E-Mail-Domains des Kunden.",
    ),
    "done.reassigned": ("The work was reassigned.", "Le travail a été réattribué.", "Die Arbeit wurde übertragen."),
    "done.approved": (
        "Approved; the activation e-mail is on its way.",
        "Inscription approuvée ; l’e-mail d’activation est en route.",
        "Genehmigt; die Aktivierungs-E-Mail ist unterwegs.",
    ),
    "done.rejected": ("Rejected.", "Inscription refusée.", "Abgelehnt."),
    "done.resent": ("The link was sent again.", "Le lien a été renvoyé.", "Der Link wurde erneut gesendet."),
    "done.erased": (
        "The personal data is erased.",
        "Les données personnelles sont effacées.",
        "Die personenbezogenen Daten sind gelöscht.",
    ),
    "git.managed": ("Managed by a file in git", "Géré par un fichier dans git", "Von einer Datei in git verwaltet"),
    "git.warning": (
        "The file {path} manages this. A change made here is put to the people who keep the files, or undone by them.",
        "Le fichier {path} gère cet élément. Toute modification faite ici sera soumise aux personnes qui tiennent les fichiers, ou annulée par elles.",
        "Die Datei {path} verwaltet diesen Eintrag. Änderungen, die Sie hier vornehmen, werden denen vorgelegt, die die Dateien pflegen, oder von ihnen zurückgenommen.",
    ),
    "team.kept": ("centrally managed", "géré de façon centrale", "zentral verwaltet"),
    "team.kept.warning": (
        "The access of this person is managed centrally. What you change here takes effect at once, and whoever keeps the central list is told: they take your change over, or undo it.",
        "L’accès de cette personne est géré de façon centrale. Ce que vous modifiez ici prend effet aussitôt, et les personnes qui tiennent la liste centrale en sont informées : elles reprennent votre modification, ou l’annulent.",
        "Der Zugang dieser Person wird zentral verwaltet. Was Sie hier ändern, gilt sofort, und wer die zentrale Liste pflegt, erfährt davon: Ihre Änderung wird übernommen oder rückgängig gemacht.",
    ),
    "person.rejected": (
        "Rejected on {when} by {who}.", "Refusé le {when} par {who}.", "Abgelehnt am {when} von {who}.",
    ),
    "person.language.home": ("As the customer: {language}", "Comme le client : {language}", "Wie der Kunde: {language}"),
    "person.language.customers": ("As the customer", "Comme le client", "Wie der Kunde"),
    "person.orders-nothing": (
        "{name} can order nothing: no service is ticked that the customer may order.",
        "{name} ne peut rien commander : aucun service ouvert au client n’est coché.",
        "{name} kann nichts bestellen: kein Service ist angekreuzt, den der Kunde bestellen darf.",
    ),
}  # fmt: skip
