package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"example.com/ostraka/blocklist"
)

// redrawEvery is the time between two drawings of a bar.
const redrawEvery = 50 * time.Millisecond

// bar draws how far an import is, on one line of a terminal. A nil bar draws
// nothing.
type bar struct {
	w     io.Writer
	width int // of the terminal
	src   *source
	drawn time.Time // when it last was; zero: it is not there
}

// newBar returns a bar if standard error is a terminal that can draw one.
func (a *app) newBar(src *source) *bar {
	f, ok := terminal(a.stderr)
	if !ok || os.Getenv("TERM") == "dumb" {
		return nil
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	return &bar{w: f, width: width, src: src}
}

// update draws the bar, if it was not drawn just now. Every phase is drawn at
// least once.
func (b *bar) update(p blocklist.Progress) {
	if b == nil {
		return
	}
	done, total := int64(p.Done), int64(p.Total)
	label, unit := "writing", "changes"
	first := done == total
	if p.Phase == blocklist.PhaseRead {
		done, total = b.src.read.Load(), b.src.size
		label, unit = "reading", "lines"
		first = b.drawn.IsZero()
	}
	if now := time.Now(); first || now.Sub(b.drawn) >= redrawEvery {
		b.drawn = now
		fmt.Fprint(b.w, "\r", drawBar(b.width, label, done, total, fmt.Sprintf("%d %s", p.Done, unit)), "\x1b[K")
	}
}

// clear takes the bar away.
func (b *bar) clear() {
	if b != nil && !b.drawn.IsZero() {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.drawn = time.Time{}
	}
}

// drawBar returns a line such as "reading [#####.....]  50% 37000 lines", which
// leaves the last column free; without a total the line has no bar.
func drawBar(width int, label string, done, total int64, note string) string {
	if total <= 0 {
		return fit(label+" "+note, width-1)
	}
	done = min(done, total)
	tail := fmt.Sprintf("%4d%% %s", 100*done/total, note)
	room := min(width-1-len(label)-len(" []")-len(tail), 40)
	if room < 1 {
		return fit(label+tail, width-1)
	}
	full := int(int64(room) * done / total)
	return label + " [" + strings.Repeat("#", full) + strings.Repeat(".", room-full) + "]" + tail
}

// fit cuts an ASCII text.
func fit(s string, width int) string { return s[:max(0, min(len(s), width))] }
