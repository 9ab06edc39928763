package console

import (
	"html/template"
	"time"
)

// when shows a time. The script replaces the text by the reader's own time, and
// leaves UTC in the title; without it UTC is what is read.
func when(t time.Time) template.HTML {
	if t.IsZero() {
		return `<span class="quiet">never</span>`
	}
	t = t.UTC()
	return template.HTML(`<time datetime="` + t.Format(time.RFC3339) + `" title="` + t.Format("2006-01-02 15:04:05") + ` UTC">` +
		t.Format("2006-01-02 15:04") + ` UTC</time>`)
}

// day shows the day that a UTC day of hits is.
func day(t time.Time) template.HTML {
	text := t.UTC().Format(time.DateOnly)
	return template.HTML(`<time datetime="` + text + `">` + text + `</time>`)
}
