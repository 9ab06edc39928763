// Package match says under which keys the rules for a subject may be stored,
// which of them match it and how, and which goes before which. It is the one
// definition of that: what answers from a cache and what answers from memory
// both ask it, and so does who foretells what a rule will do.
package match
