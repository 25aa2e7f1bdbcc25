"""Points become rewards: offers are published, residents redeem, clerks hand over, merchants are settled."""
