package mxlookup

import (
	"fmt"
	"slices"

	"example.com/ostraka/ban/value"
)

// sharedProvider is a company at whose mail hosts the domains of many strangers
// are.
type sharedProvider struct {
	// Hosts are values of domain rules, no wider than what receives mail: a ban of
	// a machine that somebody rents from the same company is meant.
	Hosts []string
	// Source is where the provider names its hosts.
	Source string
}

var sharedProviders = []sharedProvider{
	{
		Hosts:  []string{"=smtp.google.com", "l.google.com", "googlemail.com"},
		Source: "https://support.google.com/a/answer/174125",
	},
	{
		// The second is for domains with DNSSEC.
		Hosts:  []string{"protection.outlook.com", "mx.microsoft"},
		Source: "https://learn.microsoft.com/microsoft-365/enterprise/external-domain-name-system-records",
	},
	{
		Hosts:  []string{"mail.icloud.com"},
		Source: "https://support.apple.com/102374",
	},
	{
		Hosts:  []string{"messagingengine.com"},
		Source: "https://www.fastmail.help/hc/en-us/articles/360060591153",
	},
	{
		Hosts:  []string{"=mail.protonmail.ch", "=mailsec.protonmail.ch"},
		Source: "https://proton.me/support/custom-domain",
	},
	{
		Hosts: []string{
			"=mx.zoho.com", "=mx2.zoho.com", "=mx3.zoho.com",
			"=mx.zoho.eu", "=mx2.zoho.eu", "=mx3.zoho.eu",
			"=mx.zoho.in", "=mx2.zoho.in", "=mx3.zoho.in",
			"=mx.zoho.jp", "=mx2.zoho.jp", "=mx3.zoho.jp",
			"=mx.zoho.com.au", "=mx2.zoho.com.au", "=mx3.zoho.com.au",
		},
		Source: "https://www.zoho.com/mail/help/adminconsole/configure-email-delivery.html",
	},
	{
		// Machines that others rent from the company are in yandexcloud.net.
		Hosts:  []string{"yandex.net"},
		Source: "https://yandex.com/support/yandex-360/business/admin/en/mail/configuration",
	},
	{
		Hosts:  []string{"mx.cloudflare.net"},
		Source: "https://developers.cloudflare.com/email-routing/postmaster/",
	},
	{
		Hosts: []string{
			"=inbound-smtp.us-east-1.amazonaws.com",
			"=inbound-smtp.us-west-2.amazonaws.com",
			"=inbound-smtp.eu-west-1.amazonaws.com",
		},
		Source: "https://docs.aws.amazon.com/ses/latest/dg/receiving-email-mx-record.html",
	},
}

// DefaultShared returns the hosts of the large providers of mail for domains of
// others, as values of domain rules. The slice is the caller's.
func DefaultShared() []string {
	var all []string
	for _, p := range sharedProviders {
		all = append(all, p.Hosts...)
	}
	return all
}

// SharedHosts are the hosts that never count.
type SharedHosts []value.Domain

// ParseShared reads the values of domain rules. The error holds a
// [*value.ValueError].
func ParseShared(values []string) (SharedHosts, error) {
	all := make(SharedHosts, len(values))
	for i, text := range values {
		v, err := value.ParseDomain(text)
		if err != nil {
			return nil, fmt.Errorf("shared provider: %w", err)
		}
		all[i] = value.SplitDomain(v.String())
	}
	return all, nil
}

func (s SharedHosts) has(host string) bool {
	return slices.ContainsFunc(s, func(d value.Domain) bool {
		_, ok := d.Match(host)
		return ok
	})
}
