"""GeoReport v2: tickets for the other systems of the world, in their own words and shapes."""
