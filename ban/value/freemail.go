package value

import (
	"slices"
	"strings"
)

// commonDomains are the 100 mail domains with the most addresses that receive
// mail, the most common one first, as email-verify.my-addr.com counted them. The
// list is old, and so are the addresses: people keep them.
var commonDomains = []string{
	"gmail.com", "yahoo.com", "hotmail.com", "aol.com", "hotmail.co.uk", "hotmail.fr", "msn.com",
	"yahoo.fr", "wanadoo.fr", "orange.fr", "comcast.net", "yahoo.co.uk", "yahoo.com.br", "yahoo.co.in",
	"live.com", "rediffmail.com", "free.fr", "gmx.de", "web.de", "yandex.ru", "ymail.com", "libero.it",
	"outlook.com", "uol.com.br", "bol.com.br", "mail.ru", "cox.net", "hotmail.it", "sbcglobal.net",
	"sfr.fr", "live.fr", "verizon.net", "live.co.uk", "googlemail.com", "yahoo.es", "ig.com.br", "live.nl",
	"bigpond.com", "terra.com.br", "yahoo.it", "neuf.fr", "yahoo.de", "alice.it", "rocketmail.com",
	"att.net", "laposte.net", "facebook.com", "bellsouth.net", "yahoo.in", "hotmail.es", "charter.net",
	"yahoo.ca", "yahoo.com.au", "rambler.ru", "hotmail.de", "tiscali.it", "shaw.ca", "yahoo.co.jp",
	"sky.com", "earthlink.net", "optonline.net", "freenet.de", "t-online.de", "aliceadsl.fr", "virgilio.it",
	"home.nl", "qq.com", "telenet.be", "me.com", "yahoo.com.ar", "tiscali.co.uk", "yahoo.com.mx",
	"voila.fr", "gmx.net", "mail.com", "planet.nl", "tin.it", "live.it", "ntlworld.com", "arcor.de",
	"yahoo.co.id", "frontiernet.net", "hetnet.nl", "live.com.au", "yahoo.com.sg", "zonnet.nl",
	"club-internet.fr", "juno.com", "optusnet.com.au", "blueyonder.co.uk", "bluewin.ch", "skynet.be",
	"sympatico.ca", "windstream.net", "mac.com", "centurytel.net", "chello.nl", "live.ca", "aim.com",
	"bigpond.net.au",
}

// largeProviders are other domains of free mailboxes, and of those that come with
// a line. They are in at least two of three public lists of such domains
// (email-providers, free-email-domains and freemail, of npm), in a list of providers
// that says who runs each (email-provider-links, of npm), and in none of disposable
// ones; or a provider's other domain.
var largeProviders = []string{
	"126.com", "163.com", "188.com", "abv.bg", "alibaba.com", "aliyun.com", "ameritech.net",
	"autorambler.ru", "bell.net", "biglobe.ne.jp", "bk.ru", "btinternet.com", "centrum.cz", "centrum.sk",
	"consultant.com", "daum.net", "eircom.net", "email.com", "email.cz", "europe.com", "foxmail.com",
	"freemail.hu", "frontier.com", "gmx.at", "gmx.ch", "gmx.com", "hanmail.net", "hushmail.com",
	"inbox.com", "inbox.ru", "indiatimes.com", "interia.pl", "keemail.me", "kpnmail.nl", "lenta.ru",
	"list.ru", "lycos.com", "mail.bg", "msn.cn", "myself.com", "nate.com", "naver.com", "netzero.com",
	"netzero.net", "nifty.com", "ocn.ne.jp", "onet.pl", "op.pl", "pacbell.net", "plus.com",
	"poczta.onet.pl", "post.cz", "q.com", "rediff.com", "rogers.com", "rr.com", "seznam.cz", "sina.cn",
	"sina.com", "sina.com.cn", "snet.net", "talktalk.net", "telus.net", "tuta.com", "tuta.io",
	"tutamail.com", "tutanota.com", "tutanota.de", "twc.com", "ukr.net", "usa.com", "videotron.ca",
	"virginmedia.com", "wp.pl", "xs4all.nl", "xtra.co.nz", "yeah.net", "ziggo.nl", "zoho.com",
	"zohomail.com",
}

// freeMail are the domains of all public mail providers that are known: those that are
// listed here, and those whose mailboxes are.
var freeMail = func() []string {
	all := slices.Concat(commonDomains, largeProviders, bundled.MailDomains())
	slices.Sort(all)
	return slices.Compact(all)
}()

var isFreeMail = newSet(freeMail...)

// FreeMailDomains returns the mail domains that most people have their address at:
// those of the large public providers, at which anybody gets another mailbox, sorted.
// The slice is the caller's.
func FreeMailDomains() []string { return slices.Clone(freeMail) }

// Free reports whether the address, or its mailbox, is at one of [FreeMailDomains].
func (a Address) Free() bool {
	_, of, _ := strings.Cut(a.mailbox, "@")
	return isFreeMail[a.Domain()] || isFreeMail[of]
}
