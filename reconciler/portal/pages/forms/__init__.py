"""Forms: fields as typed by a visitor, validated by the same schemas as the API."""
