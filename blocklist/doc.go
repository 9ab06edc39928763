// Package blocklist blocks e-mail domains one by one, and keeps named lists of
// rules in step with the files they come from.
//
//	admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
//	ctx = ban.WithActor(ctx, "alice")
//
//	// One domain, with what it caught in the last seven days.
//	block, err := admin.Create(ctx, blocklist.CreateOptions{Domain: "spam.example"})
//	days, err := admin.History(ctx, block.ID)
//
//	// A list of many, now and whenever its file changes.
//	lines := blocklist.Parse(file, blocklist.ParseOptions{})
//	result, err := admin.Sync(ctx, "disposable", lines, blocklist.SyncOptions{Source: "disposable.txt"})
//	fmt.Println(result.Added, result.Removed, result.Unchanged, result.Rejected)
//
// What is blocked takes effect through a [ban.Checker] over the same store, by
// the same precedence as bans: an allow list makes exceptions to a deny list
// where its entries are more specific, or as specific. A list has exceptions
// only with [SyncOptions.AllowExceptions].
//
// # Blocks and lists
//
// A block is made by a moderator, keeps addresses at a domain and its
// subdomains out (or holds them for review), and does not apply to a domain that
// is asked about by itself. A list owns its entries, of any kind and effect:
// Sync adds, changes and removes them as its input says and touches neither
// blocks nor bans nor other lists, even where they are about the same value.
//
// # What Parse reads
//
// Formats are told apart by themselves; [FormatAuto] says how, and each format's
// own comment what is read in it. A list guesses no names: unless
// [ParseOptions.Kind], a column or "name:" before a value says so, a word is no
// entry and is rejected. Domains, e-mail and IP addresses and prefixes are told by
// their form. Ranges of addresses become the fewest prefixes that cover them.
// Regular expressions, numbers of networks and rules of other programs are rejected
// with the code [ban.CodeNotSupported], words with [ban.CodeAmbiguous]. The order of
// lines means nothing: of two that contradict each other, the one counts that does
// not merely watch, by the precedence of effects, or that is about more actions.
// What a server sends in place of a list, a page, "404",
// "null" or an error as JSON, and CSV of unknown columns, is a [*FormatError].
//
// # What Sync promises
//
// A new version of a list takes effect as a whole or not at all, whatever
// happens meanwhile. The same input again changes nothing. A line that cannot be
// read, that repeats another, or whose value is dangerous to ban is rejected,
// with its number and the reason, and the others go in. Input that is mostly
// rejects, that would leave nothing of what a list had, would remove or weaken
// more than half of a list that is not short, or whose prefixes together deny more
// than a /8 of IPv4 or a /11 of IPv6, is taken for a mistake and stops with a
// [*StopError] unless forced. Undo goes back to the version before, with its
// source, reasons and lines. The log counts what the [Result] counts.
package blocklist
