package blocklist

// Lines are handed over so many at a time, and so many times before who reads them
// waits.
const (
	batchLines = 512
	batches    = 4
)

// adder has a reader take lines beside who reads them: of a long list the lines are
// parsed on one processor while those before are checked on another. The lines of a
// short one are taken at the end, without another goroutine.
type adder struct {
	reader *reader
	batch  []Line
	full   chan []Line
	spare  chan []Line
	done   chan struct{}
}

// take takes a line, now or later.
func (a *adder) take(line *Line) {
	if len(a.batch) == batchLines {
		a.hand()
	}
	a.batch = append(a.batch, *line)
}

// hand hands the batch over.
func (a *adder) hand() {
	if a.full == nil {
		a.full, a.spare, a.done = make(chan []Line, batches), make(chan []Line, batches), make(chan struct{})
		for range batches - 1 {
			a.spare <- make([]Line, 0, batchLines)
		}
		go func() {
			defer close(a.done)
			for batch := range a.full {
				a.reader.takeAll(batch)
				a.spare <- batch[:0]
			}
		}()
	}
	a.full <- a.batch
	a.batch = <-a.spare
}

// end returns when the reader has taken all lines. It may use the reader then.
func (a *adder) end() {
	if a.full != nil {
		close(a.full)
		<-a.done
	}
	a.reader.takeAll(a.batch)
}
