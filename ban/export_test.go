package ban

import "time"

// SetLookupTimeout changes how long a mirror waits for what a change makes it look
// up.
func (c *Checker) SetLookupTimeout(d time.Duration) {
	c.mirror.SetLookupTimeout(d)
}
