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
		if tenants[host] {
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
		if len(top) == 2 && (len(second) == 2 || registries[second]) {
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
var registries = map[string]bool{
	"com": true, "org": true, "net": true, "gov": true, "govt": true, "gob": true, "gub": true, "gouv": true, "gouvernement": true,
	"edu": true, "mil": true, "nhs": true, "police": true, "sch": true, "school": true, "ltd": true, "plc": true, "asn": true,
	"nic": true, "nom": true, "muni": true, "mun": true, "kommune": true, "comune": true, "city": true, "parliament": true,
	"k12": true, "lib": true, "state": true, "info": true, "web": true,
}

// tenants are domains below which anybody gets a name of his own.
var tenants = map[string]bool{
	"amazonaws.com": true, "amazonaws.com.cn": true, "cloudfront.net": true, "elasticbeanstalk.com": true, "amplifyapp.com": true, "awsapprunner.com": true,
	"azure.com": true, "azurewebsites.net": true, "azurestaticapps.net": true, "azureedge.net": true, "azurefd.net": true, "azure-api.net": true,
	"azurecontainerapps.io": true, "trafficmanager.net": true, "cloudapp.net": true, "windows.net": true, "sharepoint.com": true,
	"appspot.com": true, "run.app": true, "web.app": true, "firebaseapp.com": true, "cloudfunctions.net": true, "googleapis.com": true, "googleusercontent.com": true,
	"herokuapp.com": true, "github.io": true, "githubusercontent.com": true, "gitlab.io": true, "netlify.app": true, "vercel.app": true, "now.sh": true,
	"pages.dev": true, "workers.dev": true, "r2.dev": true, "fly.dev": true, "deno.dev": true, "onrender.com": true, "render.com": true, "railway.app": true,
	"digitaloceanspaces.com": true, "ondigitalocean.app": true, "glitch.me": true, "repl.co": true, "replit.app": true, "replit.dev": true, "surge.sh": true,
	"ngrok.io": true, "ngrok.app": true, "ngrok.dev": true, "ngrok-free.app": true, "ngrok-free.dev": true, "trycloudflare.com": true, "loca.lt": true,
	"blogspot.com": true, "wordpress.com": true, "weebly.com": true, "wixsite.com": true, "webflow.io": true, "myshopify.com": true, "squarespace.com": true,
	"duckdns.org": true, "dyndns.org": true, "no-ip.org": true, "ddns.net": true, "sslip.io": true, "nip.io": true,
}

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
