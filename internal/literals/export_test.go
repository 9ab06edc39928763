package literals

import "reflect"

// SameTries reports whether two sets have the same literals in the same places.
func SameTries[V comparable](a, b *Set[V]) bool { return reflect.DeepEqual(a.roots, b.roots) }
