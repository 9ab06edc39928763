package main

import (
	"log/slog"

	"example.com/ostraka/ban"
)

// reportPruned returns what writes into the log what was removed for its age.
func reportPruned(log *slog.Logger) func(ban.Pruned, error) {
	return func(n ban.Pruned, err error) {
		if err != nil {
			log.Warn("old records were not removed", "err", err)
		}
		if n != (ban.Pruned{}) {
			log.Info("old records removed", "changes", n.Changes, "days_of_hits", n.Hits, "sessions_and_tokens", n.Credentials, "pending_accounts", n.Pending)
		}
	}
}
