// Package house holds the packages to the table of rooms in CONTRIBUTING.md: which
// there are, and what each may import.
package house
