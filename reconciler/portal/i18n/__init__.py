"""The sentences of the portal's pages and mails: English in `source`, other languages in `locales`."""
