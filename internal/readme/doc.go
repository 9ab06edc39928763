// Package readme holds the tests that keep the project's Markdown files true. Each
// file stands alone: what it tells a reader to copy or to run needs nothing of
// another page.
//
// A Go code block is a whole file that a reader can copy. The line before it names
// the file:
//
//	<!-- file: signup/handler.go -->
//
// Blocks of one folder on one page make a package. All are vetted, in a module of
// their own that requires this one, and their tests are run, together with those in
// testdata/misuse/PAGE/FOLDER, which use the blocks as strangers would.
//
// The commands of the sh blocks of a page are run from top to bottom, in an empty
// folder, by bash. Each must succeed, unless the comment at its end says otherwise:
//
//	banctl check --email x@spam.example     # exit 3
//	curl http://127.0.0.1:8080/healthz      # 200 {"ok":true}
//	banctl list                             # prints spam.example
//	adminserver -addr 127.0.0.1:8080        # serves 127.0.0.1:8080
//
// that is the exit status; the status of an HTTP answer, and a piece of it; a piece
// of what is printed; that the command goes on running, and where it listens, which
// is another port here. Any other comment is for the reader. A block for another
// machine says why it is not run, in the line before it:
//
//	<!-- not run: wants systemd -->
//
// Links must lead to a file, and to a heading, that exist.
package readme
