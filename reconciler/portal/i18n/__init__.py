"""The sentences of the portal's pages and mails: English in `source`, others in `locales`."""
