// Package hosts tells whose an address is.
package hosts

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Inside reports whether a host name, or an address in place of one, is that of this machine, of its network, or of
// none: loopback, link-local and private addresses, names that only a local network knows, and notations of addresses
// that some resolvers take and others do not, such as 127.1 and 0x7f000001.
func Inside(host string) bool {
	host = plainName(host)
	if addr, err := netip.ParseAddr(host); err == nil {
		return insideAddr(addr.Unmap())
	}
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	switch last {
	case "", "localhost", "local", "localdomain", "internal", "intranet", "home", "lan", "corp", "private", "svc", "arpa":
		return true
	}
	return len(labels) == 1 || '0' <= last[0] && last[0] <= '9'
}

// reserved are the blocks that no host in public has, but for those that netip knows: of this network, of providers
// (RFC 6598), of protocols, for measurements, for later, of a site, of a network's own NAT64, and of Teredo.
var reserved = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "fec0::/10", "64:ff9b:1::/48", "2001::/32")

// carriers are the blocks of IPv6 in which an address of the old kind is a part of a new one, and the bytes in front of
// it: compatible and translated ones, NAT64 (RFC 6052), 6to4.
var carriers = []struct {
	block netip.Prefix
	lead  int
}{{netip.MustParsePrefix("::/96"), 12}, {netip.MustParsePrefix("::ffff:0:0:0/96"), 12}, {netip.MustParsePrefix("64:ff9b::/96"), 12}, {netip.MustParsePrefix("2002::/16"), 2}}

func prefixes(list ...string) (out []netip.Prefix) {
	for _, text := range list {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

func insideAddr(a netip.Addr) bool {
	if a.Zone() != "" {
		return true
	}
	for _, c := range carriers {
		if c.block.Contains(a) {
			b := a.As16()
			a = netip.AddrFrom4([4]byte(b[c.lead : c.lead+4]))
			break
		}
	}
	return !a.IsGlobalUnicast() || a.IsPrivate() ||
		slices.ContainsFunc(reserved, func(block netip.Prefix) bool { return block.Contains(a) })
}

// Same reports whether two names are the same.
func Same(a, b string) bool { return plainName(a) == plainName(b) }

// Siblings reports whether two host names belong to one registrable domain, as www.city.example and
// open311.city.example do. Where that is in doubt they do not.
func Siblings(a, b string) bool {
	a, b = plainName(a), plainName(b)
	if a == b {
		return true
	}
	_, errA := netip.ParseAddr(a)
	_, errB := netip.ParseAddr(b)
	domain := registrable(a)
	return errA != nil && errB != nil && domain != "" && domain == registrable(b) && !tenant(a)
}

// tenant reports whether a name is one of those that a provider gives to anybody. How many labels of it are the
// provider's own cannot be told: bucket.s3.amazonaws.com, app.eastus.cloudapp.azure.com.
func tenant(host string) bool {
	for ; host != ""; _, host, _ = strings.Cut(host, ".") {
		if among(tenants, host) {
			return true
		}
	}
	return false
}

// registrable returns the part of a host name that somebody has registered; "" if there is none.
func registrable(host string) string {
	labels := strings.Split(host, ".")
	n := 2
	if len(labels) >= 2 {
		top, second := labels[len(labels)-1], labels[len(labels)-2]
		if len(top) == 2 && (len(second) == 2 || among(registries, second)) {
			n = 3
		}
	}
	if len(labels) < n {
		return ""
	}
	return strings.Join(labels[len(labels)-n:], ".")
}

// registries are second levels of national domains below which names are registered, those of two letters aside: co.uk,
// go.jp and tx.us are of that kind, com.au is in this table.
const registries = " " +
	"com org net gov govt gob gub gouv gouvernement edu mil nhs police sch school ltd plc asn nic nom muni mun kommune " +
	"comune city parliament k12 lib state info web "

// tenants are domains below which anybody gets a name of his own.
const tenants = " " +
	"amazonaws.com amazonaws.com.cn cloudfront.net elasticbeanstalk.com amplifyapp.com awsapprunner.com azure.com " +
	"azurewebsites.net azurestaticapps.net azureedge.net azurefd.net azure-api.net azurecontainerapps.io trafficmanager.net " +
	"cloudapp.net windows.net sharepoint.com appspot.com run.app web.app firebaseapp.com cloudfunctions.net googleapis.com " +
	"googleusercontent.com herokuapp.com github.io githubusercontent.com gitlab.io netlify.app vercel.app now.sh pages.dev " +
	"workers.dev r2.dev fly.dev deno.dev onrender.com render.com railway.app digitaloceanspaces.com ondigitalocean.app " +
	"glitch.me repl.co replit.app replit.dev surge.sh ngrok.io ngrok.app ngrok.dev ngrok-free.app ngrok-free.dev " +
	"trycloudflare.com loca.lt blogspot.com wordpress.com weebly.com wixsite.com webflow.io myshopify.com squarespace.com " +
	"duckdns.org dyndns.org no-ip.org ddns.net sslip.io nip.io "

// among reports whether a list of words, with a blank around each, has one. A map of them would be code that each program runs
// when it starts.
func among(list, word string) bool { return strings.Contains(list, " "+word+" ") }

// plainName returns a name as it is looked up: net/http, too, takes full-width letters for plain ones, other full stops
// for dots, and nothing for what is not seen.
func plainName(host string) string {
	host = strings.Map(func(r rune) rune {
		switch {
		case r == '\u3002': // the ideographic full stop; NFKC makes it of the half-width one
			return '.'
		case unicode.In(r, unicode.Cf, unicode.Variation_Selector):
			return -1
		}
		return r
	}, norm.NFKC.String(host))
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}
