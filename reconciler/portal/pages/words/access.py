"""Sentences of signing up, logging in, one's own account, and the provider's people."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "login.title": ("Log in", "Se connecter", "Anmelden"),
    "login.do": ("Log in", "Se connecter", "Anmelden"),
    "login.password": ("Password", "Mot de passe", "Kennwort"),
    "login.wrong": (
        "Address or password is not right.",
        "Adresse ou mot de passe incorrect.",
        "Adresse oder Kennwort stimmt nicht.",
    ),
    "login.wait.one": (
        "Too many tries. The next one is possible in {count} second.",
        "Trop de tentatives. La prochaine sera possible dans {count} seconde.",
        "Zu viele Versuche. Der nächste ist in {count} Sekunde möglich.",
    ),
    "login.wait.other": (
        "Too many tries. The next one is possible in {count} seconds.",
        "Trop de tentatives. La prochaine sera possible dans {count} secondes.",
        "Zu viele Versuche. Der nächste ist in {count} Sekunden möglich.",
    ),
    "login.sign-on": ("Log in with {provider}", "Se connecter avec {provider}", "Mit {provider} anmelden"),
    "login.or": ("or with a password", "ou avec un mot de passe", "oder mit einem Kennwort"),
    "login.sign-on.broken": (
        "This log-in took too long or was begun in another browser. Please begin again.",
        "Cette connexion a pris trop de temps ou a été commencée dans un autre navigateur. Veuillez recommencer.",
        "Diese Anmeldung hat zu lange gedauert oder wurde in einem anderen Browser begonnen. Bitte beginnen Sie noch einmal.",
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
    "login.forgotten": ("Forgotten your password?", "Mot de passe oublié ?", "Kennwort vergessen?"),
    "login.no-access": ("No access yet? Sign up", "Pas encore d’accès ? Inscrivez-vous", "Noch kein Zugang? Registrieren"),
    "sign-up.title": ("Sign up", "S’inscrire", "Registrieren"),
    "sign-up.lead": (
        "Tell us who you are. We send a link to your address to make sure that it is yours.",
        "Dites-nous qui vous êtes. Nous envoyons un lien à votre adresse pour nous assurer qu’elle est bien à vous.",
        "Sagen Sie uns, wer Sie sind. Wir senden einen Link an Ihre Adresse, um sicherzugehen, dass sie Ihnen gehört.",
    ),
    "sign-up.closed": (
        "You cannot sign up here yourself. Ask your contact at our company for access.",
        "Il n’est pas possible de s’inscrire soi-même. Demandez un accès à votre interlocuteur chez nous.",
        "Hier kann man sich nicht selbst registrieren. Bitten Sie Ihre Ansprechperson bei uns um Zugang.",
    ),
    "sign-up.role": ("What do you want to do here?", "Que souhaitez-vous faire ici ?", "Was möchten Sie hier tun?"),
    "sign-up.role.hint": ("An administrator decides.", "Un administrateur décide.", "Ein Administrator entscheidet."),
    "sign-up.code": ("Registration code", "Code d’inscription", "Registrierungscode"),
    "sign-up.code.hint": (
        "If your organisation gave you one.", "Si votre organisation vous en a donné un.",
        "Falls Ihre Organisation Ihnen einen gegeben hat.",
    ),
    "sign-up.do": ("Sign up", "S’inscrire", "Registrieren"),
    "sent.title": ("Check your inbox", "Consultez votre messagerie", "Prüfen Sie Ihren Posteingang"),
    "sent.sign-up": (
        "If this address can be used, an e-mail with a link is on its way. The link works for 24 hours.",
        "Si cette adresse est utilisable, un e-mail avec un lien est en route. Le lien est valable 24 heures.",
        "Wenn diese Adresse verwendet werden kann, ist eine E-Mail mit einem Link unterwegs. Der Link gilt 24 Stunden.",
    ),
    "sent.reset": (
        "If there is an account for this address, an e-mail with a link is on its way. The link works for 10 minutes.",
        "Si un compte existe pour cette adresse, un e-mail avec un lien est en route. Le lien est valable 10 minutes.",
        "Falls zu dieser Adresse ein Konto besteht, ist eine E-Mail mit einem Link unterwegs. Der Link gilt 10 Minuten.",
    ),
    "sent.nothing": (
        "No e-mail? Look in your spam folder, and check the address.",
        "Rien reçu ? Regardez dans les courriers indésirables, et vérifiez l’adresse.",
        "Keine E-Mail erhalten? Sehen Sie im Spam-Ordner nach, und prüfen Sie die Adresse.",
    ),
    "confirm.title": ("Confirm your e-mail address", "Confirmez votre adresse e-mail", "Bestätigen Sie Ihre E-Mail-Adresse"),
    "confirm.lead": (
        "One more click, and we know that the address is yours.",
        "Encore un clic, et nous saurons que l’adresse est à vous.",
        "Noch ein Klick, und wir wissen, dass die Adresse Ihnen gehört.",
    ),
    "confirm.do": ("Confirm", "Confirmer", "Bestätigen"),
    "confirmed.title": ("Thank you", "Merci", "Vielen Dank"),
    "confirmed.waiting": (
        "Your registration is waiting for approval. You will get an e-mail as soon as somebody has decided.",
        "Votre inscription est en attente d’approbation. Vous recevrez un e-mail dès que la décision sera prise.",
        "Ihre Registrierung wartet auf Genehmigung. Sie erhalten eine E-Mail, sobald jemand entschieden hat.",
    ),
    "confirmed.invited": (
        "You have access. An e-mail with the link to set your password is on its way.",
        "Vous avez accès au portail. Un e-mail avec le lien pour choisir votre mot de passe est en route.",
        "Sie haben Zugang. Eine E-Mail mit dem Link, über den Sie Ihr Kennwort festlegen, ist unterwegs.",
    ),
    "confirmed.known": (
        "You already have access: log in, or set a new password.",
        "Vous avez déjà accès : connectez-vous, ou choisissez un nouveau mot de passe.",
        "Sie haben schon Zugang: Melden Sie sich an, oder legen Sie ein neues Kennwort fest.",
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
        "Set a new password for {email}. You will be logged out on all devices.",
        "Choisissez un nouveau mot de passe pour {email}. Vous serez déconnecté de tous vos appareils.",
        "Legen Sie ein neues Kennwort für {email} fest. Auf allen Geräten werden Sie abgemeldet.",
    ),
    "link.title": ("This link no longer works", "Ce lien ne fonctionne plus", "Dieser Link funktioniert nicht mehr"),
    "link.activation": (
        "It has been used already, or it has expired. If you have set a password, log in; otherwise ask for a new link.",
        "Il a déjà servi, ou il a expiré. Si vous avez choisi un mot de passe, connectez-vous ; sinon, demandez un nouveau lien.",
        "Er wurde schon benutzt oder ist abgelaufen. Wenn Sie ein Kennwort festgelegt haben, melden Sie sich an; sonst bitten Sie um einen neuen Link.",
    ),
    "link.reset": (
        "It has been used already, or its ten minutes are over. Ask for a new one.",
        "Il a déjà servi, ou les dix minutes sont écoulées. Demandez-en un nouveau.",
        "Er wurde schon benutzt, oder die zehn Minuten sind um. Fordern Sie einen neuen an.",
    ),
    "link.confirm": (
        "It has been used already, or its 24 hours are over. Sign up again.",
        "Il a déjà servi, ou les 24 heures sont écoulées. Inscrivez-vous à nouveau.",
        "Er wurde schon benutzt, oder die 24 Stunden sind um. Registrieren Sie sich noch einmal.",
    ),
    "password.new": ("New password", "Nouveau mot de passe", "Neues Kennwort"),
    "password.old": ("Current password", "Mot de passe actuel", "Aktuelles Kennwort"),
    "password.repeat": ("New password again", "Nouveau mot de passe, encore une fois", "Neues Kennwort noch einmal"),
    "password.hint": (
        "8 characters or more, with lower and upper case letters and digits. A whole sentence is fine, too.",
        "8 caractères ou plus, avec des minuscules, des majuscules et des chiffres. Une phrase entière convient aussi.",
        "8 Zeichen oder mehr, mit Klein- und Großbuchstaben und Ziffern. Auch ganze Sätze sind möglich.",
    ),
    "password.do": ("Set password", "Enregistrer le mot de passe", "Kennwort festlegen"),
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
        "This password is easy to guess. Choose several unrelated words.",
        "Ce mot de passe est facile à deviner. Choisissez plusieurs mots sans lien entre eux.",
        "Dieses Kennwort ist leicht zu erraten. Nehmen Sie mehrere Wörter ohne Zusammenhang.",
    ),
    "password.differs": (
        "The two passwords are not the same.",
        "Les deux mots de passe ne sont pas identiques.",
        "Die beiden Kennwörter stimmen nicht überein.",
    ),
    "password.wrong": (
        "This is not your current password.",
        "Ce n’est pas votre mot de passe actuel.",
        "Das ist nicht Ihr aktuelles Kennwort.",
    ),
    "account.title": ("Your account", "Votre compte", "Ihr Konto"),
    "account.you": ("Your details", "Vos informations", "Ihre Angaben"),
    "account.email": (
        "You log in with this address. Only an administrator can change it: write to us.",
        "Vous vous connectez avec cette adresse. Seul un administrateur peut la changer : écrivez-nous.",
        "Mit dieser Adresse melden Sie sich an. Nur ein Administrator kann sie ändern: Schreiben Sie uns.",
    ),
    "account.language.home": ("Same as your organisation", "Celle de votre organisation", "Wie Ihre Organisation"),
    "account.password": ("Change password", "Changer de mot de passe", "Kennwort ändern"),
    "account.password.lead": (
        "You will be logged out on all other devices.",
        "Vous serez déconnecté de tous vos autres appareils.",
        "Auf allen anderen Geräten werden Sie abgemeldet.",
    ),
    "account.everywhere": (
        "Log out on all devices", "Se déconnecter de tous les appareils", "Auf allen Geräten abmelden",
    ),
    "account.everywhere.lead": (
        "If you were logged in on a device that is not yours, or that you have lost.",
        "Si vous étiez connecté sur un appareil qui n’est pas le vôtre, ou que vous avez perdu.",
        "Falls Sie auf einem Gerät angemeldet waren, das Ihnen nicht gehört oder das Sie verloren haben.",
    ),
    "staff.lead": (
        "Administrators run the portal. Project managers look after the customers that list their address.",
        "Les administrateurs gèrent le portail. Les chefs de projet suivent les clients chez qui leur adresse est indiquée.",
        "Administratoren verwalten das Portal. Projektmanager betreuen die Kunden, bei denen ihre Adresse eingetragen ist.",
    ),
    "staff.invite": ("Invite somebody", "Inviter quelqu’un", "Jemanden einladen"),
    "staff.invite.lead": (
        "The person gets an e-mail with a link to set a password.",
        "La personne reçoit un e-mail avec un lien pour choisir un mot de passe.",
        "Die Person erhält eine E-Mail mit einem Link, um ein Kennwort festzulegen.",
    ),
    "staff.kind": ("Role", "Fonction", "Funktion"),
    "staff.kind.administrator": ("Administrator", "Administrateur", "Administrator"),
    "staff.kind.project_manager": ("Project manager", "Chef de projet", "Projektmanager"),
    "staff.customers": ("Customers", "Clients", "Kunden"),
    "staff.remove.lead": (
        "{name} loses access at once. The address stays listed with the customers that name it.",
        "{name} perd immédiatement l’accès. L’adresse reste indiquée chez les clients qui la citent.",
        "{name} verliert sofort den Zugang. Bei den Kunden bleibt die Adresse eingetragen.",
    ),
    "problem.last-administrator": (
        "This is the last administrator. Make another one first.",
        "C’est le dernier administrateur. Nommez-en d’abord un autre.",
        "Das ist der letzte Administrator. Ernennen Sie zuerst einen anderen.",
    ),
    "done.invited": (
        "Invited; the e-mail is on its way.",
        "Invitation envoyée ; l’e-mail est en route.",
        "Eingeladen; die E-Mail ist unterwegs.",
    ),
    "done.activated": (
        "Your password is set. Log in with it.",
        "Votre mot de passe est enregistré. Connectez-vous.",
        "Ihr Kennwort ist festgelegt. Melden Sie sich damit an.",
    ),
    "done.password": (
        "Your password was changed.", "Votre mot de passe a été changé.", "Ihr Kennwort wurde geändert.",
    ),
    "done.logged-out": ("You are logged out.", "Vous êtes déconnecté.", "Sie sind abgemeldet."),
    "done.everywhere": (
        "You are logged out on all devices.",
        "Vous êtes déconnecté de tous vos appareils.",
        "Sie sind auf allen Geräten abgemeldet.",
    ),
    "login.refused": ("Not logged in", "Pas connecté", "Nicht angemeldet"),
    "login.lapsed": (
        "Your session had ended, so your form was not sent. Log in, and you come back to its page. Please fill it in again.",
        "Votre session était terminée : votre formulaire n’a pas été envoyé. Connectez-vous, vous reviendrez à sa page. Veuillez le remplir à nouveau.",
        "Ihre Sitzung war beendet, deshalb wurde Ihr Formular nicht gesendet. Melden Sie sich an, dann kommen Sie auf seine Seite zurück. Bitte füllen Sie es noch einmal aus.",
    ),
}  # fmt: skip
