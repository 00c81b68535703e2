package wire

import (
	"strings"
	"sync"

	"golang.org/x/text/encoding/charmap"
)

// labelKey is what two spellings of a charset's name have in common: ISO_8859-2:1987, "iso8859-2" and
// ISO-8859-2 are the same. Of a list it takes the first.
func labelKey(label string) string {
	label = strings.Trim(label, " \t\r\n\"'")
	if i := strings.IndexAny(label, ",;: "); i >= 0 {
		label = label[:i]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r | 0x20
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		}
		return -1
	}, label)
}

// namesNoCharset reports whether a key is a label that frameworks write where they know of no charset.
func namesNoCharset(key string) bool {
	switch key {
	case "", "none", "null", "undefined", "unknown", "unknown8bit",
		"binary", "7bit", "8bit", "auto", "default", "xuserdefined":
		return true
	}
	return false
}

// isLatin reports whether a key is a label of ISO-8859-1 or windows-1252. Servers that say the first mean the second.
func isLatin(key string) bool {
	switch key {
	case "iso88591", "88591", "latin1", "l1", "isolatin1", "csisolatin1",
		"isoir100", "ibm819", "cp819", "windows1252", "cp1252", "xcp1252", "1252", "ansi":
		return true
	}
	return false
}

// isASCIILabel reports whether a key is a label of ASCII.
func isASCIILabel(key string) bool {
	switch key {
	case "usascii", "ascii", "ansix341968", "iso646us", "iso646", "us",
		"isoir6", "csascii":
		return true
	}
	return false
}

// otherNames are names of charsets, beyond those that their numbers give. The first of a pair is a key.
var otherNames = [...][2]string{
	{"latin2", "iso88592"}, {"latin3", "iso88593"}, {"latin4", "iso88594"}, {"latin5", "iso88599"}, {"latin6", "iso885910"},
	{"latin7", "iso885913"}, {"latin8", "iso885914"}, {"latin9", "iso885915"}, {"latin0", "iso885915"}, {"latin10", "iso885916"},
	{"cyrillic", "iso88595"}, {"arabic", "iso88596"}, {"greek", "iso88597"}, {"hebrew", "iso88598"},
	{"asmo708", "iso88596"}, {"ecma114", "iso88596"}, {"iso88596e", "iso88596"}, {"iso88596i", "iso88596"},
	{"ecma118", "iso88597"}, {"elot928", "iso88597"}, {"greek8", "iso88597"}, {"suneugreek", "iso88597"},
	{"iso88598e", "iso88598"}, {"iso88598i", "iso88598"}, {"logical", "iso88598"}, {"visual", "iso88598"},
	{"isoir101", "iso88592"}, {"isoir109", "iso88593"}, {"isoir110", "iso88594"}, {"isoir144", "iso88595"}, {"isoir127", "iso88596"},
	{"isoir126", "iso88597"}, {"isoir138", "iso88598"}, {"isoir148", "iso88599"}, {"isoir157", "iso885910"}, {"isoir179", "iso885913"},
	{"isoir199", "iso885914"}, {"isoir203", "iso885915"}, {"isoir226", "iso885916"},
	{"iso885911", "windows874"}, {"tis620", "windows874"}, {"dos874", "windows874"},
	{"koi", "koi8r"}, {"koi8", "koi8r"}, {"koi8ru", "koi8u"},
	{"mac", "macintosh"}, {"macroman", "macintosh"}, {"maccyrillic", "macintoshcyrillic"}, {"macukrainian", "macintoshcyrillic"},
	{"cp37", "ibm037"}, {"ebcdiccpus", "ibm037"}, {"ebcdiccpca", "ibm037"}, {"ibm00858", "windows858"}, {"ibm858", "windows858"},
	{"pcmultilingual850euro", "windows858"}, {"ibm01140", "ibm1140"}, {"ebcdicus37euro", "ibm1140"},
}

// charmaps returns the single-byte charsets by the keys of their names. It is made at the first label
// that is neither UTF-8 nor Latin-1: most programs never meet one.
var charmaps = sync.OnceValue(func() map[string]*charmap.Charmap {
	all := make(map[string]*charmap.Charmap, 256)
	for _, e := range charmap.All {
		c, ok := e.(*charmap.Charmap)
		if !ok || c == charmap.XUserDefined {
			continue // the same characters under another name; letters that mean nothing
		}
		key := strings.Replace(labelKey(strings.ReplaceAll(c.String(), " ", "")), "codepage", "", 1)
		all[key] = c
		if number := strings.TrimLeft(key, "abcdefghijklmnopqrstuvwxyz"); strings.HasPrefix(key, "ibm") || strings.HasPrefix(key, "windows") {
			for _, prefix := range []string{"cp", "ms", "dos", ""} {
				all[prefix+number] = c
			}
		} else if strings.HasPrefix(key, "iso") {
			all[number] = c
		}
	}
	// ISO-8859-9 says nothing of the bytes that windows-1254 has letters for.
	all["iso88599"], all["88599"] = charmap.Windows1254, charmap.Windows1254
	for _, pair := range otherNames {
		name, key := pair[0], pair[1]
		all[name] = all[key]
		if rest, ok := strings.CutPrefix(name, "latin"); ok {
			all["l"+rest] = all[key]
		}
	}
	return all
})

// charmapOf returns the single-byte charset that a key names, or nil.
func charmapOf(key string) *charmap.Charmap {
	all := charmaps()
	key = strings.Replace(key, "codepage", "", 1)
	for _, prefix := range []string{"", "csisolatin", "isolatin", "csiso", "cspc8", "cs", "x"} {
		if rest, ok := strings.CutPrefix(key, prefix); ok && rest != "" {
			if c := all[rest]; c != nil {
				return c
			}
			if c := all["latin"+rest]; c != nil && strings.HasSuffix(prefix, "latin") {
				return c
			}
		}
	}
	return nil
}
