package pgstore

// NewestSchema returns the version that [Open] and [Migrate] bring a schema to.
func NewestSchema() int { return len(migrations) }
