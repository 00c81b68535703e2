package open311test

// Quillhaven lies on a bay of its own: there is only water where its coordinates are.
const (
	townSouth, townWest = 43.2105, -68.1042 // south-west corner
	townHeight          = 0.0612            // in degrees
	townWidth           = 0.0870
)

// district is a part of the town with its postal code.
type district struct{ name, zip string }

var districts = []district{
	{"Old Harbour", "09871"}, {"Saltmarsh", "09872"}, {"Upper Town", "09873"},
	{"Fort Écluse", "09874"}, {"Mill Creek", "09875"}, {"Sandfield", "09876"},
}

// The streets of the town. The street at i is in the district at i modulo their number.
var streets = []string{
	"Quill Street", "Reed Lane", "Governor's Row", "Rue de l'Écluse", "Weir Street", "Dune Road",
	"Ropewalk", "Heron Way", "Observatory Hill", "Bastion Street", "Fulling Mill Lane", "Samphire Close",
	"Göran's Quay", "Salt Pan Road", "Chandler & Sons Yard", "Plaza Peña", "Tannery Steps", "Lighthouse Avenue",
	"Fishmarket", "Causeway Street", "St. Ælfric's Square", "Rampart Walk", "Miller's Bow", "Jürgen-Harms-Straße",
	"Netmakers' Alley", "Eider Street", "College Terrace", "Ravelin Road", "Aqueduct Street", "Windmill Field",
	"Customs Lane", "Marsh Gate", "Łukasz Garden", "Sally Port", "Dyer's Wharf", "Seagrass Court",
}

// vocabulary is what {name} in a text stands for, if it is not of the request itself.
var vocabulary = map[string][]string{
	"near": {
		"at number {nr}", "outside number {nr}", "in front of {place}", "opposite {place}", "between number {nr} and {place}",
		"at the corner of {corner}", "behind {place}", "in {street}, near {place}", "next to the bus stop \"{corner}\"",
	},
	"place": {
		"the bakery", "the school", "the chapel", "the chemist's", "the fish shop", "the library", "the Café Zoë", "the kiosk",
		"the town hall", "Bräuer & Co.", "the ferry landing", "the playground", "the old mint", "the launderette", "the post office",
		"the surgery", "the bridge", "the \"Blue Anchor\"", "the petrol station", "the bicycle shop",
	},
	"when": {
		"yesterday", "last night", "last week", "this morning", "two days ago", "on Monday", "at the weekend", "three weeks ago",
	},
	"since": {"yesterday", "last night", "last week", "Monday", "the weekend", "three weeks ago", "{month}"},
	"month": {"January", "March", "May", "August", "October", "November"},
	"time":  {"6:30", "7 o'clock", "half past eight", "noon", "22:15"},
	"later": {"next month", "in spring", "in autumn", "next week", "with the yearly works"},
	"until": {"next month", "spring", "autumn", "further notice"},
	"tree":  {"lime", "chestnut", "poplar", "birch", "willow", "maple"},
	"tag":   {"KΛOS", "rex<3", "no. 7", "☠", "Ñandú", "A&M 4ever"},
	"colour": {
		"White", "Black", "Silver", "Red", "Blue", "Green", "Rusty",
	},
	"hello": {"", "", "", "", "", "Hello! ", "Dear all,\n", "Hi – ", "Guten Tag! ", "Bonjour ! "},
	"bye": {
		"\nThank you!", "\n\nRegards,\na neighbour", " Thanks & regards", " ¡Gracias!", " Спасибо.", " 谢谢", " 🙏", " See photo.",
		"\r\n\r\n--\r\nsent on the way", " <b>Urgent!</b>", " Ref. \"{n}/{nr}\" & earlier reports.", " It's not the first time …",
		"\n- {when}: rang the town hall\n- {when}: rang again\n- today: this form", " (between {n}° & {nr}°, <10 m from the water)",
	},
	"inspected": {
		"Looked at; will be done {later}.", "Passed on to the crew.", "Crew is waiting for parts.", "Cannot find it – please call us.",
		"Same as an earlier report.",
	},
}

// hours are how many reports come in an hour of the day.
var hours = [24]int{1, 1, 1, 1, 1, 2, 5, 11, 16, 15, 14, 12, 12, 11, 11, 11, 12, 13, 11, 9, 7, 5, 3, 2}

// weekdays are how many reports come on a day of the week, from Sunday on, in percent of the mean.
var weekdays = [7]int{55, 135, 120, 115, 110, 105, 70}

// months are the same for the months of the year: people report most when the frost goes.
var months = [13]int{0, 126, 132, 120, 96, 95, 90, 88, 84, 92, 96, 98, 104}
