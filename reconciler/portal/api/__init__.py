"""The portal's API under `/api/v1`; the contract is in the portal's README."""
