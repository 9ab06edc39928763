package value

// ProvidersVersion is the version of the table of mail providers by which
// canonical mailboxes are made. Mailboxes made under another version may
// differ: whoever stores them stores the version too.
const ProvidersVersion = "2026-11-22"

var providers = []provider{
	{
		Domains:         []string{"gmail.com", "googlemail.com"},
		CanonicalDomain: "gmail.com",
		DropChars:       ".",
		CutAt:           '+',
		// Dots; the plus: https://support.google.com/mail/answer/22370;
		// one mailbox in both domains: https://support.google.com/mail/answer/10313.
		Source: "https://support.google.com/mail/answer/7436150",
	},
	{
		Domains: []string{
			"outlook.com", "outlook.at", "outlook.be", "outlook.cl", "outlook.co.id", "outlook.co.il",
			"outlook.co.nz", "outlook.co.th", "outlook.com.ar", "outlook.com.au", "outlook.com.br",
			"outlook.com.gr", "outlook.com.pe", "outlook.com.tr", "outlook.com.vn", "outlook.cz",
			"outlook.de", "outlook.dk", "outlook.es", "outlook.fr", "outlook.hu", "outlook.ie",
			"outlook.in", "outlook.it", "outlook.jp", "outlook.kr", "outlook.lv", "outlook.my",
			"outlook.ph", "outlook.pt", "outlook.sa", "outlook.sg", "outlook.sk",

			"hotmail.com", "hotmail.at", "hotmail.be", "hotmail.ca", "hotmail.ch", "hotmail.cl",
			"hotmail.co.id", "hotmail.co.il", "hotmail.co.jp", "hotmail.co.kr", "hotmail.co.nz",
			"hotmail.co.th", "hotmail.co.uk", "hotmail.co.za", "hotmail.com.ar", "hotmail.com.au",
			"hotmail.com.br", "hotmail.com.hk", "hotmail.com.tr", "hotmail.com.tw", "hotmail.com.vn",
			"hotmail.cz", "hotmail.de", "hotmail.dk", "hotmail.es", "hotmail.fi", "hotmail.fr",
			"hotmail.gr", "hotmail.hu", "hotmail.it", "hotmail.lt", "hotmail.lv", "hotmail.my",
			"hotmail.nl", "hotmail.no", "hotmail.ph", "hotmail.rs", "hotmail.se", "hotmail.sg",
			"hotmail.sk",

			"live.com", "live.at", "live.be", "live.ca", "live.cl", "live.cn", "live.co.kr",
			"live.co.uk", "live.co.za", "live.com.ar", "live.com.au", "live.com.mx", "live.com.my",
			"live.com.ph", "live.com.pt", "live.com.sg", "live.de", "live.dk", "live.fi", "live.fr",
			"live.hk", "live.ie", "live.in", "live.it", "live.jp", "live.nl", "live.no", "live.ru",
			"live.se",

			"msn.com", "windowslive.com", "passport.com",
		},
		CutAt:  '+',
		Source: "https://learn.microsoft.com/exchange/recipients-in-exchange-online/plus-addressing-in-exchange-online",
	},
	{
		Domains: []string{"icloud.com", "me.com", "mac.com"},
		CutAt:   '+',
		Source:  "https://support.apple.com/guide/icloud/mm6b1a3fb3/icloud",
	},
	{
		// The Yahoo of Japan (yahoo.co.jp) is another provider, and not here.
		Domains: []string{
			"yahoo.com", "yahoo.at", "yahoo.be", "yahoo.bg", "yahoo.ca", "yahoo.cl", "yahoo.co.id",
			"yahoo.co.il", "yahoo.co.in", "yahoo.co.kr", "yahoo.co.nz", "yahoo.co.th", "yahoo.co.uk",
			"yahoo.co.za", "yahoo.com.ar", "yahoo.com.au", "yahoo.com.br", "yahoo.com.cn",
			"yahoo.com.co", "yahoo.com.hk", "yahoo.com.hr", "yahoo.com.mx", "yahoo.com.my",
			"yahoo.com.pe", "yahoo.com.ph", "yahoo.com.sg", "yahoo.com.tr", "yahoo.com.tw",
			"yahoo.com.ua", "yahoo.com.ve", "yahoo.com.vn", "yahoo.cn", "yahoo.cz", "yahoo.de",
			"yahoo.dk", "yahoo.ee", "yahoo.es", "yahoo.fi", "yahoo.fr", "yahoo.gr", "yahoo.hr",
			"yahoo.hu", "yahoo.ie", "yahoo.in", "yahoo.it", "yahoo.lt", "yahoo.lv", "yahoo.nl",
			"yahoo.no", "yahoo.pl", "yahoo.pt", "yahoo.ro", "yahoo.rs", "yahoo.se", "yahoo.si",
			"yahoo.sk",

			"ymail.com", "rocketmail.com",
		},
		CutAt:  '-',
		Source: "https://help.yahoo.com/kb/SLN28338.html",
	},
	{
		Domains:    []string{"fastmail.com", "fastmail.fm"},
		CutAt:      '+',
		Subdomains: true,
		Source:     "https://www.fastmail.help/hc/en-us/articles/360060591053",
	},
	{
		Domains:         []string{"proton.me", "protonmail.com", "pm.me", "protonmail.ch"},
		CanonicalDomain: "proton.me",
		DropChars:       "._-",
		CutAt:           '+',
		// Domains and the plus. Dots, hyphens and underscores, which it leaves
		// out: ProtonMail/WebClients, src/helpers/string.js.
		Source: "https://proton.me/support/addresses-and-aliases",
	},
	{
		Domains: []string{
			"yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua", "yandex.az",
			"yandex.com.am", "yandex.com.ge", "yandex.co.il", "yandex.kg", "yandex.lt", "yandex.lv",
			"yandex.md", "yandex.ee", "yandex.fr", "yandex.tj", "yandex.tm", "yandex.uz",
			"yandex.com.tr", "ya.ru",
		},
		CanonicalDomain: "yandex.ru",
		CutAt:           '+',
		Source:          "https://yandex.com/support/id/authorization/email.html",
	},
}
