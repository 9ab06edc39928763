package store

import (
	"context"
	"iter"
	"time"

	"github.com/google/uuid"
)

// Store is everything a backend does.
type Store interface {
	Rules
	Bans
	Redactions
	Blocks
	Lists
	Hits
	Changes
	Keys
	Accounts
	Credentials
	Aliases
	Cascades
	Subscriptions

	// Close releases what the store holds. It waits for operations that are
	// under way, though not for subscribers that are being told. Afterwards
	// every method, Close aside, returns an error that matches [ErrClosed];
	// closing again does nothing and returns nil.
	Close() error
}

// Rules answers what the matcher asks.
type Rules interface {
	// Lookup returns the rules that carry one of the keys, in no particular
	// order, each once even if its key is named twice. Rules of revoked or
	// deleted records are never among them, nor are those that [Bans.CreateBan]
	// has retired; other expired ones are. A key that no rule carries adds
	// nothing; no keys give no rules. It is one round trip, and one consistent
	// view. Callers pass at most a few hundred keys, but for those of a change that
	// is Bulk, which are [MaxKnownKeys] and more.
	Lookup(ctx context.Context, keys []Key) ([]Rule, error)

	// PrefixLengths returns the prefix lengths of the IP rules that Lookup
	// could return, each once, in no particular order. It may name a length
	// that is no longer in use, but leaves out none that is.
	PrefixLengths(ctx context.Context) ([]PrefixLen, error)

	// HashKeysInUse returns the names of the secrets under which the values of rules
	// that Lookup could return were hashed (see [Key.HashKey]), each once, in no
	// particular order. It may name one that is no longer in use, but leaves out none
	// that is. It is quick, however many rules there are.
	HashKeysInUse(ctx context.Context) ([]HashKey, error)

	// Scan yields every rule of the kind, or of all kinds for a zero kind, that
	// Lookup could return, in no particular order. It need not be one
	// consistent view: a rule that is written meanwhile may or may not be seen,
	// but one that stays as it is is seen once. After an error, with a zero
	// Rule, nothing more is yielded. The loop may stop early, and may call
	// other methods of the store meanwhile.
	Scan(ctx context.Context, kind Kind) iter.Seq2[Rule, error]
}

// Bans keeps the moderators' bans. Of one kind and value at most one ban is
// active at a time.
type Bans interface {
	// CreateBan adds a ban that has its ID, gives it its Seq and Version 1, and
	// returns it as stored. If an active ban (at change.At) of the same kind
	// and value exists, or one of the ban's Rivals, the error is an [*ExistsError] with
	// it, unless the new ban would itself not be active. An ID that is taken gives [ErrExists].
	//
	// It retires the rules of all other bans of the same kind and value that
	// have expired by change.At, so that a value that is banned for a while
	// again and again carries one rule, not one for each time. The bans stay as
	// they are; but until UpdateBan brings its rule back, a ban whose rule was
	// retired counts as expired, whatever the time. Keys of the change are also
	// those of the rules it retired.
	CreateBan(ctx context.Context, ban Ban, change Change) (Ban, error)

	// CreateBans adds many bans in one atomic step that logs one change, with the
	// counts "created" and "skipped" and the keys of the rules that came and of
	// those that were retired, or Bulk if they are more than [MaxChangeKeys]. A ban that CreateBan would
	// refuse for an active one (of the store, or earlier in the slice) is
	// skipped, even if its ID is taken as well; skipped holds the indexes of
	// those, ascending. The others retire rules as CreateBan does. If nothing
	// is created, nothing is logged.
	CreateBans(ctx context.Context, bans []Ban, change Change) (skipped []int, err error)

	// Ban returns the ban of that ID, whatever its state, or [ErrNotFound].
	Ban(ctx context.Context, id uuid.UUID) (Ban, error)

	// BanBySeq returns the ban of that sequence number, whatever its state, or
	// [ErrNotFound].
	BanBySeq(ctx context.Context, seq int64) (Ban, error)

	// ListBans returns the bans that the filter selects, a page at a time, in
	// the page's order. None is an empty list and no error.
	ListBans(ctx context.Context, filter BanFilter, page Page) ([]Ban, error)

	// CountBans returns how many bans the filter selects.
	CountBans(ctx context.Context, filter BanFilter) (int64, error)

	// RankBans returns the bans that the filter selects and that come after that
	// place in the order, in it: at most limit of them, bounded as for [Page]. The
	// zero BanRank is before all. An order that is none is ByHits. Bans that are hit,
	// or change, meanwhile may be on two pages, or on none.
	RankBans(ctx context.Context, filter BanFilter, order BanOrder, after BanRank, limit int) ([]Ban, error)

	// UpdateBan replaces the ban of that ID and returns it as stored, its
	// Version one higher. Seq, CreatedAt, CreatedBy, AliasesDisabled and what
	// [Hits] gave stay as they were. It is [ErrNotFound] if there is no such ban, [ErrConflict]
	// if its Version is not ban.Version, and an [*ExistsError] if the result
	// would be active (at change.At) beside another active ban of the same kind
	// and value, or of its Rivals. Unless the result is revoked it has its rule again, if that was
	// retired.
	UpdateBan(ctx context.Context, ban Ban, change Change) (Ban, error)

	// DeleteBan removes the ban of that ID with its hits and returns it as it
	// was, or [ErrNotFound]. Its content stays in the change log, as
	// [Change.Before].
	DeleteBan(ctx context.Context, id uuid.UUID, change Change) (Ban, error)

	// PurgeBans removes the bans that were revoked, or had expired, before that
	// time, with their hits, and says how many. It logs one change with the
	// count "purged" and the keys of the rules that went with them (expired ones
	// still have theirs), or Bulk if those are more than [MaxChangeKeys]. If
	// nothing is removed, nothing is logged.
	PurgeBans(ctx context.Context, before time.Time, change Change) (int64, error)
}

// Blocks keeps the e-mail domain blocks that moderators make one by one. Every
// domain value has at most one.
type Blocks interface {
	// CreateBlock adds a block that has its ID, gives it its Seq, and returns it
	// as stored. If there is a block of the same domain, the error is a
	// [*BlockExistsError] with it. An ID that is taken gives [ErrExists].
	CreateBlock(ctx context.Context, block Block, change Change) (Block, error)

	// Block returns the block of that ID, or [ErrNotFound].
	Block(ctx context.Context, id uuid.UUID) (Block, error)

	// BlockBySeq returns the block of that sequence number, or [ErrNotFound].
	BlockBySeq(ctx context.Context, seq int64) (Block, error)

	// ListBlocks returns the blocks that the filter selects, a page at a time, in
	// that order. None is an empty list and no error. An order that is not
	// [BlockOrder.Valid] is an error.
	ListBlocks(ctx context.Context, filter BlockFilter, order BlockOrder, page Page) ([]Block, error)

	// CountBlocks returns how many blocks the filter selects.
	CountBlocks(ctx context.Context, filter BlockFilter) (int64, error)

	// UpdateBlock changes what the patch says of the block of that ID, in one step
	// with reading it, so that no two updates undo each other's work, and returns
	// it as stored, or [ErrNotFound]. The block keeps its hits. If the patch changes
	// nothing, nothing is written or logged.
	UpdateBlock(ctx context.Context, id uuid.UUID, patch BlockPatch, change Change) (Block, error)

	// DeleteBlock removes the block of that ID with its hits and returns it as
	// it was, or [ErrNotFound]. Its content stays in the change log, as
	// [Change.Before].
	DeleteBlock(ctx context.Context, id uuid.UUID, change Change) (Block, error)
}

// Hits counts what rules catch. It logs no changes and leaves the Version and
// UpdatedAt of records: no rule changes by being counted.
type Hits interface {
	// AddHits adds to the counts of the rules, per day and in total: uses add
	// up, sketches are merged, and the later of two last hits stays. It is one
	// atomic step; adding from several processes loses nothing. A hit of a rule
	// whose record is gone is dropped; so is one of a list's entry that is no
	// longer in force. A sketch that cannot be read is an error.
	AddHits(ctx context.Context, hits []Hit) error

	// HitTotal returns what a rule caught over its whole life; nothing for a rule
	// without hits, or one that does not exist. An entry of a list exists as long
	// as the version in force or the one before, which UndoList can bring back,
	// has one of its ID.
	HitTotal(ctx context.Context, rule uuid.UUID) (HitTotal, error)

	// HitHistory returns what a rule caught on the days from from up to and
	// including to, oldest first, leaving out days without hits. A time within a
	// day stands for that day. A rule without hits, or one that does not exist
	// (as for HitTotal), has an empty history.
	HitHistory(ctx context.Context, rule uuid.UUID, from, to time.Time) ([]DayHits, error)

	// TopHits returns the rules that caught most on the days from from up to and
	// including to, most first, those that caught as much by ID, at most limit of
	// them, bounded as for [Page]. A time within a day stands for that day. A rule
	// without hits on these days is not among them; one that was revoked, or is an
	// entry of the version of a list that UndoList can bring back, may be.
	TopHits(ctx context.Context, from, to time.Time, limit int) ([]RuleHits, error)

	// PruneHits forgets the daily counts of days before the one given, for which
	// a time within it stands, and says how many it forgot, one for each rule and
	// day. Totals and last hits stay.
	PruneHits(ctx context.Context, before time.Time) (int64, error)
}

// Changes is the log of everything that mutating methods did.
type Changes interface {
	// Changes returns the changes with a Seq above after, oldest first, at most
	// limit of them, bounded as for [Page]. None is an empty list and no error.
	// If changes above after have been pruned, the error is [ErrPruned]: this is
	// for readers that must miss nothing.
	Changes(ctx context.Context, after int64, limit int) ([]Change, error)

	// ChangedKeys yields the keys whose rules the change of that Seq may have
	// changed, each once, in no particular order. They are the Keys of one that is
	// not Bulk. Of one that is Bulk, made by a method of [Bans] or [Lists], they are
	// kept beside the log until it is pruned, or until they and those of newer such
	// changes are more than [MaxKnownKeys].
	//
	// If there is no such change, or its keys are not known, it yields an error that
	// matches [ErrNotFound], with a zero Key: anything may have changed then. After an
	// error nothing more is yielded. The loop may stop early, and may call other
	// methods of the store meanwhile.
	ChangedKeys(ctx context.Context, seq int64) iter.Seq2[Key, error]

	// ListChanges returns what is left of the log, a page at a time, in the
	// page's order: of one record, or of all for the zero UUID. None is an empty
	// list and no error. This is for people who read the log.
	ListChanges(ctx context.Context, target uuid.UUID, page Page) ([]Change, error)

	// LastChange returns the Seq of the newest change, or 0 if there never was
	// one. Pruning does not lower it.
	LastChange(ctx context.Context) (int64, error)

	// Subscribe calls fn for every change that is made through this Store
	// value, as the log has it, after the change became visible to reads and before the method
	// that made it returns. Calls come from the goroutines that make the
	// changes: several may run at once, and in another order than that of Seq.
	// No lock is held meanwhile: fn may call the store, Close aside. It must be
	// quick, and must not change the Change it is given, which it shares with others.
	// cancel ends the subscription; a call that is under way may end after it.
	//
	// Changes made by other processes are not reported here: read
	// [Changes.Changes] for those.
	Subscribe(fn func(Change)) (cancel func())

	// PruneChanges forgets the changes made before that time, and says how many
	// it forgot. It forgets only from the old end of the log: a change that is
	// newer by Seq than one it must keep stays.
	PruneChanges(ctx context.Context, before time.Time) (int64, error)
}
