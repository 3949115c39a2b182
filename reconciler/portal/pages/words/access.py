"""Sentences of signing up, logging in, one's own account, and the provider's people."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "login.title": ("Log in", "Se connecter", "Anmelden"),
    "login.do": ("Log in", "Se connecter", "Anmelden"),
    "login.password": ("Password", "Mot de passe", "Kennwort"),
    "login.wrong": (
        "Address or password is not right.",
        "L’adresse ou le mot de passe n’est pas bon.",
        "Adresse oder Kennwort stimmt nicht.",
    ),
    "login.wait.one": (
        "Too many tries. The next one is possible in {count} second.",
        "Trop d’essais. Le prochain est possible dans {count} seconde.",
        "Zu viele Versuche. Der nächste ist in {count} Sekunde möglich.",
    ),
    "login.wait.other": (
        "Too many tries. The next one is possible in {count} seconds.",
        "Trop d’essais. Le prochain est possible dans {count} secondes.",
        "Zu viele Versuche. Der nächste ist in {count} Sekunden möglich.",
    ),
    "login.sign-on": ("Log in with {provider}", "Se connecter avec {provider}", "Mit {provider} anmelden"),
    "login.or": ("or with a password", "ou avec un mot de passe", "oder mit einem Kennwort"),
    "login.sign-on.broken": (
        "This log-in took too long or was begun in another browser. Please begin again.",
        "Cette connexion a pris trop de temps ou a commencé dans un autre navigateur. Veuillez recommencer.",
        "Diese Anmeldung hat zu lange gedauert oder in einem anderen Browser begonnen. Bitte beginnen Sie noch einmal.",
    ),
    "login.sign-on.refused": (
        "{provider} did not confirm who you are. Try again, or log in with your password.",
        "{provider} n’a pas confirmé votre identité. Réessayez, ou connectez-vous avec votre mot de passe.",
        "{provider} hat nicht bestätigt, wer Sie sind. Versuchen Sie es noch einmal, oder melden Sie sich mit Ihrem Kennwort an.",
    ),
    "login.sign-on.unknown": (
        "{provider} confirmed your address, but there is no account for it here. Ask your contact at our company for access.",
        "{provider} a confirmé votre adresse, mais aucun compte n’y correspond ici. Demandez un accès à votre interlocuteur chez nous.",
        "{provider} hat Ihre Adresse bestätigt, aber hier gibt es kein Konto dazu. Bitten Sie Ihre Ansprechperson bei uns um Zugang.",
    ),
    "login.sign-on.unanswered": (
        "{provider} does not answer at the moment. Log in with your password, or try again later.",
        "{provider} ne répond pas pour le moment. Connectez-vous avec votre mot de passe, ou réessayez plus tard.",
        "{provider} antwortet gerade nicht. Melden Sie sich mit Ihrem Kennwort an, oder versuchen Sie es später noch einmal.",
    ),
    "login.refused": ("Not logged in", "Pas connecté", "Nicht angemeldet"),
    "login.lapsed": (
        "Your session had ended, so your form was not sent. Log in, and you come back to its page. Please fill it in again.",
        "Votre session était terminée : votre formulaire n’a pas été envoyé. Connectez-vous, vous reviendrez à sa page. Veuillez le remplir à nouveau.",
        "Ihre Sitzung war beendet, deshalb wurde Ihr Formular nicht gesendet. Melden Sie sich an, dann kommen Sie auf seine Seite zurück. Bitte füllen Sie es noch einmal aus.",
    ),
    "login.forgotten": ("Forgotten your password?", "Mot de passe oublié ?", "Kennwort vergessen?"),
    "login.no-access": ("No access yet? Sign up", "Pas encore d’accès ? Inscrivez-vous", "Noch kein Zugang? Registrieren"),
    "sign-up.title": ("Sign up", "S’inscrire", "Registrieren"),
    "sign-up.lead": (
        "Tell us who you are. We send a link to your address, to be sure that it is yours.",
        "Dites-nous qui vous êtes. Nous envoyons un lien à votre adresse, pour être sûrs qu’elle est à vous.",
        "Sagen Sie uns, wer Sie sind. Wir senden einen Link an Ihre Adresse, um sicher zu sein, dass sie Ihnen gehört.",
    ),
    "sign-up.closed": (
        "People cannot sign up here by themselves. Ask your contact at our company for access.",
        "On ne peut pas s’inscrire ici soi-même. Demandez un accès à votre interlocuteur chez nous.",
        "Hier kann man sich nicht selbst registrieren. Bitten Sie Ihre Ansprechperson bei uns um Zugang.",
    ),
    "sign-up.role": ("What do you want to do here?", "Que souhaitez-vous faire ici ?", "Was möchten Sie hier tun?"),
    "sign-up.role.hint": (
        "An administrator decides.", "Un administrateur décide.", "Die Verwaltung entscheidet.",
    ),
    "sign-up.code": ("Registration code", "Code d’inscription", "Registrierungscode"),
    "sign-up.code.hint": (
        "If your organisation gave you one.", "Si votre organisation vous en a donné un.",
        "Falls Ihre Organisation Ihnen einen gegeben hat.",
    ),
    "sign-up.do": ("Sign up", "S’inscrire", "Registrieren"),
    "sent.title": ("Look into your mailbox", "Consultez votre messagerie", "Sehen Sie in Ihr Postfach"),
    "sent.sign-up": (
        "If the address can be used, a mail with a link is on its way. The link works for 24 hours.",
        "Si l’adresse peut servir, un courriel avec un lien est en route. Le lien est valable 24 heures.",
        "Wenn die Adresse verwendet werden kann, ist eine E-Mail mit einem Link unterwegs. Der Link gilt 24 Stunden.",
    ),
    "sent.reset": (
        "If somebody logs in with this address, a mail with a link is on its way. The link works for 10 minutes.",
        "Si quelqu’un se connecte avec cette adresse, un courriel avec un lien est en route. Le lien est valable 10 minutes.",
        "Wenn sich jemand mit dieser Adresse anmeldet, ist eine E-Mail mit einem Link unterwegs. Der Link gilt 10 Minuten.",
    ),
    "sent.nothing": (
        "Nothing came? Look among unwanted mails, and check the address.",
        "Rien reçu ? Regardez dans les courriels indésirables, et vérifiez l’adresse.",
        "Nichts gekommen? Sehen Sie unter den unerwünschten E-Mails nach, und prüfen Sie die Adresse.",
    ),
    "confirm.title": ("Confirm your e-mail address", "Confirmez votre adresse e-mail", "Bestätigen Sie Ihre E-Mail-Adresse"),
    "confirm.lead": (
        "One more click, and we know that the address is yours.",
        "Encore un clic, et nous savons que l’adresse est à vous.",
        "Noch ein Klick, und wir wissen, dass die Adresse Ihnen gehört.",
    ),
    "confirm.do": ("Confirm", "Confirmer", "Bestätigen"),
    "confirmed.title": ("Thank you", "Merci", "Vielen Dank"),
    "confirmed.waiting": (
        "Your registration waits for approval. You get a mail as soon as somebody has decided.",
        "Votre inscription attend l’approbation. Vous recevez un courriel dès que quelqu’un a décidé.",
        "Ihre Registrierung wartet auf Genehmigung. Sie erhalten eine E-Mail, sobald jemand entschieden hat.",
    ),
    "confirmed.invited": (
        "You have access. A mail with the link to set your password is on its way.",
        "Vous avez accès. Un courriel avec le lien pour choisir votre mot de passe est en route.",
        "Sie haben Zugang. Eine E-Mail mit dem Link, um Ihr Kennwort festzulegen, ist unterwegs.",
    ),
    "confirmed.known": (
        "You have access already: log in, or set a new password.",
        "Vous avez déjà accès : connectez-vous, ou choisissez un nouveau mot de passe.",
        "Sie haben schon Zugang: melden Sie sich an, oder legen Sie ein neues Kennwort fest.",
    ),
    "activate.title": ("Set your password", "Choisissez votre mot de passe", "Legen Sie Ihr Kennwort fest"),
    "activate.lead": (
        "Welcome, {name}. From now on you log in with {email} and this password.",
        "Bienvenue, {name}. Désormais, vous vous connectez avec {email} et ce mot de passe.",
        "Willkommen, {name}. Ab jetzt melden Sie sich mit {email} und diesem Kennwort an.",
    ),
    "reset.title": ("New password", "Nouveau mot de passe", "Neues Kennwort"),
    "reset.lead": (
        "With which address do you log in? We send a link to it.",
        "Avec quelle adresse vous connectez-vous ? Nous y envoyons un lien.",
        "Mit welcher Adresse melden Sie sich an? Wir senden einen Link dorthin.",
    ),
    "reset.do": ("Send the link", "Envoyer le lien", "Link senden"),
    "reset.set": (
        "Set a new password for {email}. You are logged out everywhere.",
        "Choisissez un nouveau mot de passe pour {email}. Vous êtes déconnecté partout.",
        "Legen Sie ein neues Kennwort für {email} fest. Sie werden überall abgemeldet.",
    ),
    "link.title": ("This link does not work any more", "Ce lien ne fonctionne plus", "Dieser Link gilt nicht mehr"),
    "link.activation": (
        "It was used already, or its time is over. If you have set a password, log in; otherwise ask for a new link.",
        "Il a déjà servi, ou son délai est passé. Si vous avez choisi un mot de passe, connectez-vous ; sinon demandez un nouveau lien.",
        "Er wurde schon benutzt, oder seine Zeit ist um. Wenn Sie ein Kennwort festgelegt haben, melden Sie sich an; sonst bitten Sie um einen neuen Link.",
    ),
    "link.reset": (
        "It was used already, or its ten minutes are over. Ask for a new one.",
        "Il a déjà servi, ou ses dix minutes sont passées. Demandez-en un nouveau.",
        "Er wurde schon benutzt, oder seine zehn Minuten sind um. Fordern Sie einen neuen an.",
    ),
    "link.confirm": (
        "It was used already, or its day is over. Sign up again.",
        "Il a déjà servi, ou sa journée est passée. Inscrivez-vous à nouveau.",
        "Er wurde schon benutzt, oder sein Tag ist um. Registrieren Sie sich noch einmal.",
    ),
    "password.new": ("New password", "Nouveau mot de passe", "Neues Kennwort"),
    "password.old": ("Present password", "Mot de passe actuel", "Jetziges Kennwort"),
    "password.repeat": ("New password again", "Nouveau mot de passe, encore une fois", "Neues Kennwort noch einmal"),
    "password.hint": (
        "8 characters or more, with lower and upper case and digits. Whole sentences are good.",
        "8 caractères ou plus, avec minuscules, majuscules et chiffres. Des phrases entières conviennent bien.",
        "8 Zeichen oder mehr, mit Klein- und Großbuchstaben und Ziffern. Ganze Sätze sind gut.",
    ),
    "password.do": ("Set password", "Choisir ce mot de passe", "Kennwort festlegen"),
    "password.short": (
        "This is too short: 8 characters or more.", "C’est trop court : 8 caractères ou plus.", "Das ist zu kurz: 8 Zeichen oder mehr.",
    ),
    "password.long": (
        "This is too long: 200 characters at most.", "C’est trop long : 200 caractères au plus.", "Das ist zu lang: höchstens 200 Zeichen.",
    ),
    "password.kinds": (
        "Lower and upper case letters and digits are needed.",
        "Il faut des minuscules, des majuscules et des chiffres.",
        "Klein- und Großbuchstaben und Ziffern sind nötig.",
    ),
    "password.common": (
        "This is among the first that are guessed. Take words that belong to nobody.",
        "C’est l’un des premiers que l’on devine. Prenez des mots qui ne désignent personne.",
        "Das wird mit als Erstes erraten. Nehmen Sie Wörter, die niemandem gehören.",
    ),
    "password.differs": (
        "The two are not the same.", "Les deux ne sont pas identiques.", "Die beiden stimmen nicht überein.",
    ),
    "password.wrong": (
        "This is not your present password.", "Ce n’est pas votre mot de passe actuel.", "Das ist nicht Ihr jetziges Kennwort.",
    ),
    "account.title": ("Your account", "Votre compte", "Ihr Konto"),
    "account.you": ("About you", "À votre sujet", "Über Sie"),
    "account.email": (
        "You log in with this address. Only an administrator changes it: write to us.",
        "Vous vous connectez avec cette adresse. Seul un administrateur la change : écrivez-nous.",
        "Mit dieser Adresse melden Sie sich an. Nur die Verwaltung ändert sie: schreiben Sie uns.",
    ),
    "account.language.home": ("As your organisation", "Comme votre organisation", "Wie Ihre Organisation"),
    "account.password": ("Another password", "Un autre mot de passe", "Anderes Kennwort"),
    "account.password.lead": (
        "You are logged out everywhere else.", "Vous êtes déconnecté partout ailleurs.", "Sie werden überall sonst abgemeldet.",
    ),
    "account.everywhere": ("Log out everywhere", "Se déconnecter partout", "Überall abmelden"),
    "account.everywhere.lead": (
        "If you were logged in on a device that is not yours, or that you lost.",
        "Si vous étiez connecté sur un appareil qui n’est pas le vôtre, ou que vous avez perdu.",
        "Falls Sie auf einem Gerät angemeldet waren, das Ihnen nicht gehört oder das Sie verloren haben.",
    ),
    "staff.lead": (
        "Administrators run the portal. Project managers look after the customers that name their address.",
        "Les administrateurs gèrent le portail. Les chefs de projet suivent les clients qui citent leur adresse.",
        "Administratoren verwalten das Portal. Projektmanager betreuen die Kunden, die ihre Adresse nennen.",
    ),
    "staff.invite": ("Invite somebody", "Inviter quelqu’un", "Jemanden einladen"),
    "staff.invite.lead": (
        "The person gets a mail with a link to set a password.",
        "La personne reçoit un courriel avec un lien pour choisir un mot de passe.",
        "Die Person erhält eine E-Mail mit einem Link, um ein Kennwort festzulegen.",
    ),
    "staff.kind": ("Task", "Fonction", "Aufgabe"),
    "staff.kind.administrator": ("Administrator", "Administrateur", "Administrator"),
    "staff.kind.project_manager": ("Project manager", "Chef de projet", "Projektmanager"),
    "staff.customers": ("Customers", "Clients", "Kunden"),
    "staff.remove.lead": (
        "{name} loses access at once. Customers that name the address keep naming it.",
        "{name} perd l’accès aussitôt. Les clients qui citent l’adresse continuent de la citer.",
        "{name} verliert sofort den Zugang. Kunden, die die Adresse nennen, nennen sie weiter.",
    ),
    "problem.last-administrator": (
        "This is the last administrator. Make another one first.",
        "C’est le dernier administrateur. Nommez-en d’abord un autre.",
        "Das ist der letzte Administrator. Ernennen Sie zuerst einen anderen.",
    ),
    "done.invited": (
        "Invited; the mail is on its way.", "Invité ; le courriel est en route.", "Eingeladen; die E-Mail ist unterwegs.",
    ),
    "done.activated": (
        "Your password is set. Log in with it.", "Votre mot de passe est choisi. Connectez-vous.", "Ihr Kennwort ist festgelegt. Melden Sie sich damit an.",
    ),
    "done.password": (
        "Your password was changed.", "Votre mot de passe a été changé.", "Ihr Kennwort wurde geändert.",
    ),
    "done.logged-out": ("You are logged out.", "Vous êtes déconnecté.", "Sie sind abgemeldet."),
    "done.everywhere": (
        "You are logged out everywhere.", "Vous êtes déconnecté partout.", "Sie sind überall abgemeldet.",
    ),
}  # fmt: skip
