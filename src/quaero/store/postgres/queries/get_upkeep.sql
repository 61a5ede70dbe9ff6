SELECT what, at, detail FROM upkeep ORDER BY what
