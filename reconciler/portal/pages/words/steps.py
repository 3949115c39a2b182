"""Sentences about what happened to a request, what happens next, and what waits for whoever looks."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "event.POST requests": ("Sent", "Envoyée", "Gesendet"),
    "event.PATCH requests": ("Corrected by the provider", "Corrigée par le prestataire", "Vom Anbieter berichtigt"),
    "event.requests/approve": ("Quote sent", "Devis envoyé", "Angebot gesendet"),
    "event.requests/reject": ("Request declined", "Demande refusée", "Anfrage abgelehnt"),
    "event.requests/accept": ("Quote accepted", "Devis accepté", "Angebot angenommen"),
    "event.requests/decline": ("Quote rejected", "Devis refusé", "Angebot abgelehnt"),
    "event.requests/cancel": ("Quote withdrawn", "Devis retiré", "Angebot zurückgezogen"),
    "event.requests/revive": ("Offered again", "Devis proposé à nouveau", "Erneut angeboten"),
    "event.requests/progress": ("Progress reported", "Avancement indiqué", "Fortschritt gemeldet"),
    "event.requests/deliver": ("Delivered", "Livrée", "Geliefert"),
    "event.requests/reassign": ("Reassigned", "Réattribuée", "Übertragen"),
    "event.requests/count": ("Words counted", "Mots comptés", "Wörter gezählt"),
    "event.work_moved": ("Handed over with all open work", "Attribuée avec tout le travail en cours", "Mit aller offenen Arbeit übertragen"),
    "event.quote_expired": ("Quote expired", "Devis expiré", "Angebot abgelaufen"),
    "event.other": ("Changed", "Modifiée", "Geändert"),
    "next.title": ("What happens next:", "La suite :", "Wie es weitergeht:"),
    "next.quote_pending.owner": (
        "A project manager looks at the files, counts what is not counted and makes the quote. You get a mail.",
        "Un chef de projet regarde les fichiers, compte ce qui ne l’est pas et établit le devis. Vous recevez un e-mail.",
        "Ein Projektmanager sieht die Dateien an, zählt, was nicht gezählt ist, und macht das Angebot. Sie erhalten eine E-Mail.",
    ),
    "next.quote_pending.watches": (
        "A project manager looks at the files and makes the quote. {owner} gets a mail.",
        "Un chef de projet regarde les fichiers et établit le devis. {owner} reçoit un e-mail.",
        "Ein Projektmanager sieht die Dateien an und macht das Angebot. {owner} erhält eine E-Mail.",
    ),
    "next.quote_pending.provider": (
        "Check the words and the cost, and send the quote. {owner} gets a mail.",
        "Vérifiez les mots et le coût, et envoyez le devis. {owner} reçoit un e-mail.",
        "Prüfen Sie Wörter und Kosten, und senden Sie das Angebot. {owner} erhält eine E-Mail.",
    ),
    "next.quote_being_made.owner": (
        "The portal counts the words and makes the quote. You get a mail.",
        "Le portail compte les mots et établit le devis. Vous recevez un e-mail.",
        "Das Portal zählt die Wörter und erstellt das Angebot. Sie erhalten eine E-Mail.",
    ),
    "next.quote_being_made.watches": (
        "The portal counts the words and makes the quote. {owner} gets a mail.",
        "Le portail compte les mots et établit le devis. {owner} reçoit un e-mail.",
        "Das Portal zählt die Wörter und erstellt das Angebot. {owner} erhält eine E-Mail.",
    ),
    "next.quote_being_made.provider": (
        "The portal counts the words and makes the quote. You will have to count the files that it cannot count.",
        "Le portail compte les mots et établit le devis. Vous compterez les fichiers qu’il ne peut pas compter.",
        "Das Portal zählt die Wörter und erstellt das Angebot. Dateien, die es nicht zählen kann, zählen danach Sie.",
    ),
    "next.quoted.decides": (
        "Accept the quote until {until}, or reject it. Work begins when it is accepted.",
        "Acceptez le devis jusqu’au {until}, ou refusez-le. Le travail commence à l’acceptation.",
        "Nehmen Sie das Angebot bis {until} an, oder lehnen Sie es ab. Die Arbeit beginnt mit der Annahme.",
    ),
    "next.quoted.owner": (
        "The quote could be accepted until {until}. Ask your project manager for a new one.",
        "Le devis pouvait être accepté jusqu’au {until}. Demandez-en un nouveau à votre chef de projet.",
        "Das Angebot konnte bis {until} angenommen werden. Bitten Sie Ihren Projektmanager um ein neues.",
    ),
    "next.quoted.watches": (
        "{owner} or a manager decides on the quote until {until}. Work begins when it is accepted.",
        "{owner} ou un gestionnaire décide du devis jusqu’au {until}. Le travail commence à l’acceptation.",
        "{owner} oder ein Manager entscheidet bis {until} über das Angebot. Die Arbeit beginnt mit der Annahme.",
    ),
    "next.quoted.provider": (
        "The customer decides until {until}. The project managers get a mail.",
        "Le client décide jusqu’au {until}. Les chefs de projet reçoivent un e-mail.",
        "Der Kunde entscheidet bis {until}. Die Projektmanager erhalten eine E-Mail.",
    ),
    "next.in_progress.owner": (
        "We translate. You get a mail when the translations are here.",
        "Nous traduisons. Vous recevez un e-mail quand les traductions sont là.",
        "Wir übersetzen. Sie erhalten eine E-Mail, wenn die Übersetzungen da sind.",
    ),
    "next.in_progress.watches": (
        "We translate. {owner} gets a mail when the translations are here.",
        "Nous traduisons. {owner} reçoit un e-mail quand les traductions sont là.",
        "Wir übersetzen. {owner} erhält eine E-Mail, wenn die Übersetzungen da sind.",
    ),
    "next.in_progress.provider": (
        "Report the progress, and deliver a file for each target language. {owner} gets a mail then.",
        "Indiquez l’avancement, et livrez un fichier par langue cible. {owner} reçoit alors un e-mail.",
        "Melden Sie den Fortschritt, und liefern Sie für jede Zielsprache eine Datei. {owner} erhält dann eine E-Mail.",
    ),
    "next.delivered.owner": (
        "Download the translations below.", "Téléchargez les traductions ci-dessous.",
        "Laden Sie die Übersetzungen unten herunter.",
    ),
    "next.delivered.watches": (
        "The translations can be downloaded below.", "Les traductions peuvent être téléchargées ci-dessous.",
        "Die Übersetzungen lassen sich unten herunterladen.",
    ),
    "next.delivered.provider": (
        "Nothing more: {owner} got a mail and can download the translations.",
        "Plus rien : {owner} a reçu un e-mail et peut télécharger les traductions.",
        "Nichts mehr: {owner} hat eine E-Mail erhalten und kann die Übersetzungen herunterladen.",
    ),
    "next.cancelled.owner": (
        "Nothing more. If you still need the translation, ask your project manager, or send a new request.",
        "Plus rien. S’il vous faut encore la traduction, demandez à votre chef de projet, ou envoyez une nouvelle demande.",
        "Nichts mehr. Wenn Sie die Übersetzung noch brauchen, fragen Sie Ihren Projektmanager, oder senden Sie eine neue Anfrage.",
    ),
    "next.cancelled.watches": (
        "Nothing more, unless the project manager quotes it again.",
        "Plus rien, sauf si le chef de projet rétablit le devis.",
        "Nichts mehr, es sei denn, ein Projektmanager bietet es erneut an.",
    ),
    "next.cancelled.provider": (
        "Nothing more, unless you quote it again.", "Plus rien, sauf si vous rétablissez le devis.",
        "Nichts mehr, es sei denn, Sie bieten es erneut an.",
    ),
}  # fmt: skip
