package console

import (
	"net/url"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
)

// hasPage reports whether there is a page of that path.
func (c *console) hasPage(path string) bool {
	for i := range c.pages {
		if c.pages[i].path == path {
			return true
		}
	}
	return false
}

// recordLink returns where the record behind a rule is shown; empty: nowhere.
func (c *console) recordLink(origin ban.Origin, id uuid.UUID) string {
	page, last := "", id.String()
	if name, ok := origin.ListName(); ok {
		page, last = "lists", url.PathEscape(name)
	} else if origin == ban.OriginBan {
		page = "bans"
	} else if origin == ban.OriginBlock {
		page = "blocks"
	}
	if !c.hasPage(page) || page == "" {
		return ""
	}
	return page + "/" + last
}
