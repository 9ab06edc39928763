// Package readme holds the tests that keep the project's Markdown files true.
//
// A Go code block in them is a whole file that a reader can copy. The line before
// it names the file:
//
//	<!-- file: signup/handler.go -->
//
// Blocks of one folder make a package. All are vetted, in a module of their own
// that requires this one, and their tests are run. Commands and links must lead
// to something that exists.
package readme
