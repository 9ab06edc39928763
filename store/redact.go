package store

import "context"

// Redactions put something in the place of texts that are to be forgotten: the value
// of a ban, which a keyed hash replaces, or what names a person whose account goes.
// Reasons stay as moderators wrote them. See also [AccountRemoval.Redact].
type Redactions interface {
	// RedactBan does what [Bans.UpdateBan] does. In the same step it puts the Value and
	// the KeyText of the ban as it is to be in the place of those that it had, wherever the
	// store has them: in other bans of the kind with that value or that key, in the log (in what it
	// kept of these bans, in the keys of all changes, and in the keys that
	// [Changes.ChangedKeys] yields), and in the holds of accounts that name one of the
	// bans. What was changed gets a Version one higher, and keeps its UpdatedAt.
	// Entries of lists stay.
	//
	// It is an [*ExistsError] if another ban of the kind with that value or that key is
	// active at change.At: one has to go first. The other errors are those of UpdateBan.
	//
	// The change that it logs is Bulk and its keys are not known, since they may not be
	// named. Its Before, too, has the new texts. It has the count "bans_redacted" of the
	// other bans, unless that is 0.
	RedactBan(ctx context.Context, ban Ban, change Change) (Ban, error)
}

// AccountRedaction says what is to be left of an account that is removed, and of what
// the store has about it. All that names the person goes:
//
//   - its aliases, unless their addresses are to be kept;
//   - what the log kept of the account, its aliases and its tokens: IDs, numbers, times,
//     states and reasons stay;
//   - its handle and addresses where they name who did something, in any case of
//     letters, in records and in the log: its ID takes their place;
//   - what Hashes replaces.
//
// Handles and addresses are those that it has, and those in what is left of its log.
type AccountRedaction struct {
	// Hashes are texts by the key whose text they take the place of, as
	// [Redactions.RedactBan] does it, in the bans of that key in any state. If several of
	// them are active, the one that decides stays, and the others are revoked at the time of
	// the change by its actor. CreateBans of the removal come after this.
	Hashes map[Key]string
	// KeepAliases keeps the aliases, turned off, with no owner and no destination, so that
	// nobody else gets their addresses.
	KeepAliases bool
}
