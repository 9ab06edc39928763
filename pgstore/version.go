package pgstore

// SchemaVersion returns the version that [Open] and [Migrate] bring a schema to.
func SchemaVersion() int { return len(migrations) }
