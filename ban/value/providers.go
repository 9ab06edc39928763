package value

// ProvidersVersion is the version of the table of mail providers by which
// canonical mailboxes are made. Mailboxes made under another version may
// differ: whoever stores them stores the version too.
const ProvidersVersion = "2026-11-27"

var providers = []Provider{
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
		Domains:         []string{"icloud.com", "me.com", "mac.com"},
		CanonicalDomain: "icloud.com",
		CutAt:           '+',
		// One mailbox in the three domains, by the age of the account:
		// https://support.apple.com/118230.
		Source: "https://support.apple.com/guide/icloud/mm6b1a3fb3/icloud",
	},
	{
		// The Yahoo of Japan is another provider, below.
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

			"ymail.com", "rocketmail.com", "myyahoo.com", "y7mail.com",
		},
		CutAt: '-',
		// A disposable address is nickname-keyword; the nickname alone is nobody
		// else's: https://help.yahoo.com/kb/SLN28815.html.
		Source: "https://help.yahoo.com/kb/SLN28338.html",
	},
	{
		// A local part is another person's in each domain.
		Domains: []string{
			"123mail.org", "150mail.com", "150ml.com", "16mail.com", "2-mail.com", "4email.net",
			"50mail.com", "airpost.net", "allmail.net", "bestmail.us", "cluemail.com", "elitemail.org",
			"emailcorner.net", "emailengine.net", "emailengine.org", "emailgroups.net", "emailplus.org",
			"emailuser.net", "eml.cc", "f-m.fm", "fast-email.com", "fast-mail.org", "fastem.com",
			"fastemail.us", "fastemailer.com", "fastest.cc", "fastimap.com", "fastmail.cn",
			"fastmail.co.uk", "fastmail.com", "fastmail.com.au", "fastmail.de", "fastmail.es",
			"fastmail.fm", "fastmail.fr", "fastmail.im", "fastmail.in", "fastmail.jp", "fastmail.mx",
			"fastmail.net", "fastmail.nl", "fastmail.org", "fastmail.se", "fastmail.to", "fastmail.tw",
			"fastmail.uk", "fastmail.us", "fastmailbox.net", "fastmessaging.com", "fea.st", "fmail.co.uk",
			"fmailbox.com", "fmgirl.com", "fmguy.com", "ftml.net", "h-mail.us", "hailmail.net",
			"imap-mail.com", "imap.cc", "imapmail.org", "inoutbox.com", "internet-e-mail.com",
			"internet-mail.org", "internetemails.net", "internetmailing.net", "jetemail.net",
			"justemail.net", "letterboxes.org", "mail-central.com", "mail-page.com", "mailandftp.com",
			"mailas.com", "mailbolt.com", "mailc.net", "mailcan.com", "mailforce.net", "mailftp.com",
			"mailhaven.com", "mailingaddress.org", "mailite.com", "mailmight.com", "mailnew.com",
			"mailsent.net", "mailservice.ms", "mailup.net", "mailworks.org", "ml1.net", "mm.st",
			"myfastmail.com", "mymacmail.com", "nospammail.net", "ownmail.net", "petml.com",
			"postinbox.com", "postpro.net", "proinbox.com", "promessage.com", "realemail.net",
			"reallyfast.biz", "reallyfast.info", "rushpost.com", "sent.as", "sent.at", "sent.com",
			"speedpost.net", "speedymail.org", "ssl-mail.com", "swift-mail.com", "the-fastest.net",
			"the-quickest.com", "theinternetemail.com", "veryfast.biz", "veryspeedy.net", "warpmail.net",
			"xsmail.com", "yepmail.net", "your-mail.com",
		},
		CutAt:      '+',
		Subdomains: true,
		// Domains: https://www.fastmail.com/about/ourdomains/, as MaxMind's clients of
		// minFraud list them, and less fastmail.ca, of which not all sources say that
		// it is theirs.
		Source: "https://www.fastmail.help/hc/en-us/articles/360060591053",
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
		// "Safety addresses" are basename-keyword, and a basename is one person's.
		Domains: []string{"yahoo.co.jp"},
		CutAt:   '-',
		Source:  "https://mamakasegu.com/2021/12/28/ (how they are made, tried out)",
	},
	{
		Domains: []string{
			"posteo.de", "posteo.net", "posteo.com", "posteo.us", "posteo.ca", "posteo.uk", "posteo.ie",
			"posteo.es", "posteo.at", "posteo.ch", "posteo.nl", "posteo.be", "posteo.lu", "posteo.me",
			"posteo.eu",
		},
		CanonicalDomain: "posteo.de",
		CutAt:           '+',
		// Whoever has a local part in one domain is the only one who can have it in
		// another. No page speaks of the plus; authors of packages get their mail so
		// (js_int on crates.io).
		Source: "https://posteo.de/blog/2 (14 December 2023)",
	},
	{
		Domains: []string{"mailbox.org"},
		CutAt:   '+',
		Source:  "https://kb.mailbox.org/en/private/account-article/what-is-an-alias-and-how-do-i-use-it",
	},
	{
		Domains: []string{"mailfence.com"},
		CutAt:   '+',
		Source:  "https://blog.mailfence.com/plus-addressing/",
	},
	{
		Domains: []string{"runbox.com"},
		CutAt:   '+',
		Source:  "https://blog.runbox.com/tag/webmail",
	},
	{
		// Dots and hyphens in logins are said to be one and the same. No page of the
		// provider, and nobody who tried, was found to say so; so they are told apart.
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

// Of mail.ru, Zoho, GMX, mail.com and Tuta no page was found that says that they
// ignore anything in an address.
