package hosts

import "testing"

func TestInside(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"city.example": false, "City.Example.": false, "192.0.2.1": false, "8.8.8.8": false, "2001:4860:4860::8888": false,
		"127.0.0.1": true, "127.8.8.8": true, "10.1.2.3": true, "172.16.0.1": true, "192.168.1.1": true, "169.254.169.254": true, "0.0.0.0": true,
		"100.64.1.1": true, "224.0.0.1": true, "255.255.255.255": true, "::1": true, "[::1]": true, "::": true, "fe80::1": true, "fe80::1%eth0": true, "fd00::1": true,
		"::ffff:127.0.0.1": true, "::ffff:8.8.8.8": false, "64:ff9b::7f00:1": true, "64:ff9b::808:808": false,
		"localhost": true, "LOCALHOST.": true, "a.localhost": true, "printer.local": true, "metadata.google.internal": true, "intranet": true,
		"127.1": true, "2130706433": true, "0x7f000001": true, "0177.0.0.1": true, "0x7f.0.0.1": true, "": true, "1.2.3.4.example": false,
		"127。0。0。1": true, "127．0．0．1": true, "127｡0｡0｡1": true, "①②⑦.0.0.①": true, "127.0.0.①": true, "１０.1.2.3": true, "ⓛocalhost": true, "metadata.google.ｉnternal": true, "printer.lo\u00adcal": true, "bücher.example": false,
		"0.1.2.3": true, "192.0.0.8": true, "198.18.0.1": true, "240.0.0.1": true, "::127.0.0.1": true, "::8.8.8.8": false, "2002:7f00:1::": true, "2002:808:808::": false,
		"fec0::1": true, "64:ff9b:1::1": true, "::ffff:169.254.169.254": true, "ff02::1": true, "::ffff:0:7f00:1": true, "::ffff:0:808:808": false, "2001:0:7f00:1::": true, "kubernetes.default.svc": true, "router.home.arpa": true, "fe80::1%25lo": true, "172.32.0.1": false,
	} {
		if got := Inside(host); got != want {
			t.Errorf("Inside(%q) = %v", host, got)
		}
	}
}

func TestSiblings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"city.example", "CITY.example.", true},
		{"www.city.example", "open311.city.example", true},
		{"city.example", "a.b.city.example", true},
		{"city.example", "evilcity.example", false},
		{"city.example", "city.example.evil.test", false},
		{"bristol.gov.uk", "leeds.gov.uk", false},
		{"www.bristol.gov.uk", "api.bristol.gov.uk", true},
		{"a.co.uk", "b.co.uk", false},
		{"dallas.tx.us", "austin.tx.us", false},
		{"open311.stadt.de", "www.stadt.de", true},
		{"city.com.au", "town.com.au", false},
		{"city.herokuapp.com", "evil.herokuapp.com", false},
		{"herokuapp.com", "evil.herokuapp.com", false},
		{"city.s3.amazonaws.com", "evil.s3.amazonaws.com", false},
		{"city.eastus.cloudapp.azure.com", "evil.eastus.cloudapp.azure.com", false},
		{"city.blob.core.windows.net", "evil.blob.core.windows.net", false},
		{"city.herokuapp.com", "city.herokuapp.com", true},
		{"example", "city.example", false},
		{"10.0.0.1", "11.0.0.1", false},
		{"127.0.0.1", "127.0.0.1", true},
		{"1.2.3.4", "9.9.3.4", false},
	} {
		if got := Siblings(c.a, c.b); got != c.want {
			t.Errorf("Siblings(%q, %q) = %v", c.a, c.b, got)
		}
		if got := Siblings(c.b, c.a); got != c.want {
			t.Errorf("Siblings(%q, %q) = %v", c.b, c.a, got)
		}
	}
}
