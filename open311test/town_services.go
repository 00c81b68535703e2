package open311test

import (
	"slices"

	"github.com/go-open311/open311"
)

// matter is one service of the town, with what its reports are made of. In text and notes,
// [a|b|c] is one of several and {name} is a word from a list or from the request; see phrase.
type matter struct {
	service open311.Service
	desk    desk
	season  [4]int // how often it is reported in winter, spring, summer and autumn
	storm   int    // how often it is reported on a stormy day
	text    string // what people write
	notes   string // what the agency says when it is done
	form    []open311.Attribute
}

// desk is who deals with a matter.
type desk struct {
	agency string
	notice string
	days   int // in which it is mostly dealt with; 0 is no promise
}

// service makes a service of the town. Codes are texts: they have leading zeros, and some are older
// than the numbering and need escapes in a path.
func service(code, name, description string, kind open311.ServiceType, group string, keywords ...string) open311.Service {
	return open311.Service{
		Code: code, Name: name, Description: description, Type: kind, Groups: []string{group}, Keywords: keywords,
	}
}

// ask makes an attribute that the user fills in. The order is the place in the form.
func ask(code string, kind open311.Datatype, required bool, question, help string, values ...open311.AttributeValue) open311.Attribute {
	return open311.Attribute{
		Code: code, Datatype: kind, Required: required, Variable: true,
		Description: question, DatatypeDescription: help, Values: values,
	}
}

// tell makes an attribute that is only shown to the user (variable=false).
func tell(code, text string) open311.Attribute {
	return open311.Attribute{Code: code, Datatype: open311.DatatypeString, Description: text}
}

// choice makes one value of a list, from its key and its name.
func choice(key, name string) open311.AttributeValue {
	return open311.AttributeValue{Key: key, Name: name}
}

// townServices returns the services of the town and their definitions.
func townServices() ([]open311.Service, []open311.ServiceDefinition) {
	var services []open311.Service
	var forms []open311.ServiceDefinition
	for _, m := range matters {
		v := cloneService(m.service)
		v.Metadata = len(m.form) > 0
		services = append(services, v)
		if len(m.form) == 0 {
			continue
		}
		d := open311.ServiceDefinition{ServiceCode: v.Code, Attributes: slices.Clone(m.form)}
		for i := range d.Attributes {
			d.Attributes[i].Order = i + 1
		}
		forms = append(forms, d)
	}
	return services, forms
}

func townDesks() map[string]desk {
	desks := make(map[string]desk)
	for _, m := range matters {
		desks[m.service.Code] = m.desk
	}
	return desks
}

const (
	realtime = open311.Realtime
	batch    = open311.Batch
	blackbox = open311.Blackbox
)

var matters = []matter{
	{
		service: service("0101", "Pothole", "A hole in the surface of a street or a cycle path.", realtime, "Streets", "road", "hole", "asphalt"),
		desk:    desk{"Streets Office", "Deep holes are made safe within two working days.", 10},
		season:  [4]int{16, 14, 6, 6}, storm: 1,
		text: "[There is a|Found a|Yet another|A] [deep|wide|nasty|growing|water-filled] [pothole|hole] {near}[, about {n} cm across|, right on the cycle lane|, the third this year|]." +
			"[ Cyclists swerve into the traffic to avoid it.| My front tyre did not survive.| It was \"repaired\" in spring.| Depth > 10 cm, width < 1 m.|]",
		notes: "[Filled with cold asphalt.|Filled; the whole lane is to be resurfaced {later}.|Made safe & marked.|No hole found at this address.]",
		form: []open311.Attribute{
			tell("INFO", "Holes in private drives & yards are up to their owners."),
			ask("SIZE", open311.DatatypeSingleValueList, true, "How big is the hole?", "Across, at its widest",
				choice("S", "up to a hand's breadth"), choice("M", "up to a plate"), choice("L", "bigger than a plate")),
			ask("DEPTH", open311.DatatypeNumber, false, "How deep is it?", "In centimetres"),
			ask("LANE", open311.DatatypeMultiValueList, false, "Who has to pass it?", "",
				choice("car", "cars"), choice("bike", "cyclists"), choice("foot", "people on foot"), choice("bus", "buses")),
		},
	},
	{
		service: service("0102", "Damaged pavement", "Loose or broken stones, kerbs and steps.", realtime, "Streets", "kerb", "stone", "trip hazard"),
		desk:    desk{"Streets Office", "", 30},
		season:  [4]int{6, 8, 8, 6},
		text: "[Loose|Broken|Raised|Sunken] [paving stones|slabs|kerbstones] {near}.[ An old lady fell here {when}.| Impossible with a wheelchair.|" +
			" The tree roots are lifting them.|][ Please mend it.| It has been like this since {month}.|]",
		notes: "[Stones relaid.|Kerb reset.|Within tolerance, checked again {later}.|Root protection agreed with Parks & Trees.]",
	},
	{
		service: service("0103", "Snow and ice", "Streets, bridges and stops that are not cleared or gritted.", realtime, "Streets", "grit", "winter", "slippery"),
		desk:    desk{"Streets Office", "Hills and bus routes come first.", 2},
		season:  [4]int{18, 2, 0, 1},
		text:    "[Sheet ice|Packed snow|Black ice|No grit at all] {near}[, {time} and nobody has been here|, two people slipped|]. [The plough only passes by.|Temp. < -5 °C since {since}.|Grit bin is empty too.|]",
		notes:   "[Gritted.|Cleared by hand.|Grit bin refilled.]",
	},
	{
		service: service("0201", "Street light out", "A lamp that is dark, flickers, or burns by day.", realtime, "Lights", "lamp", "dark", "lantern"),
		desk:    desk{"Quillhaven Light & Power", "A single lamp is mended within ten working days.", 10},
		season:  [4]int{14, 7, 5, 13}, storm: 4,
		text: "[Lamp|Street light|Lantern] {pole} [is dark|flickers all night|burns all day|hangs loose] {near}.[ The whole row is out.| It buzzes, too.|" +
			" Pitch dark on the way to school!|] [Since {since}.|Reported already in {month}.|]",
		notes: "[Lamp replaced (LED).|Fuse replaced.|Cable fault: waiting for a digging permit.|Timer set right.]",
		form: []open311.Attribute{
			ask("POLE", open311.DatatypeString, true, "What is the number on the pole?", "A letter and four digits, at eye level"),
			ask("SINCE", open311.DatatypeDatetime, false, "Since when?", "Date and time"),
			tell("DANGER", "If cables hang free, stay away and call the control room."),
			ask("FAULT", open311.DatatypeSingleValueList, true, "What is wrong?", "",
				choice("dark", "it is dark"), choice("flicker", "it flickers"), choice("day", "it burns by day"), choice("leans", "the pole leans")),
		},
	},
	{
		service: service("0202", "Traffic signal fault", "Signals that are out, stuck or twisted.", realtime, "Lights", "traffic light", "crossing"),
		desk:    desk{"Quillhaven Light & Power", "Signals are looked at the same day.", 1},
		season:  [4]int{4, 3, 3, 4}, storm: 5,
		text:  "[Signal stuck on red|Pedestrian button does nothing|All signals dark|Green & red at once|The blind persons' tone is gone] {near}[, long queues|, since {since}|].",
		notes: "[Controller restarted.|Button replaced.|Detector loop recut.]",
		form: []open311.Attribute{
			ask("LAMPS", open311.DatatypeMultiValueList, true, "Which lights are concerned?", "All that apply",
				choice("1", "red"), choice("2", "yellow"), choice("3", "green"), choice("4", "people on foot"), choice("5", "cyclists")),
			ask("SEEN", open311.DatatypeDatetime, true, "When did you see it?", "Date and time, with the zone"),
		},
	},
	{
		service: service("0301", "Missed collection", "A bin that was put out in time and is still full.", batch, "Waste", "bin", "rubbish", "recycling"),
		desk:    desk{"Harbour District Waste Board", "Please leave the bin out; we come back within three working days.", 3},
		season:  [4]int{9, 8, 9, 8},
		text:    "[Brown|Blue|Grey|Glass] bin [not emptied|forgotten|left full] at number {nr}[, the neighbours' were emptied|, third time since {month}|]. [Lid was closed, it was out by 6:00.|It smells.|Put out on time.|]",
		notes:   "[Collected.|Bin was not out when the lorry came, see photo.|Wrong contents: \"compostable\" bags are not.]",
		form: []open311.Attribute{
			ask("BIN", open311.DatatypeSingleValueList, true, "Which bin?", "",
				choice("brown", "brown: kitchen & garden"), choice("blue", "blue: paper"), choice("grey", "grey: the rest"), choice("glass", "glass")),
			ask("DUE", open311.DatatypeDatetime, true, "When should it have been emptied?", "The date is enough"),
			ask("BINS", open311.DatatypeNumber, false, "How many bins?", "A whole number"),
		},
	},
	{
		service: service("0302", "Dumped rubbish", "Rubbish, rubble and furniture left in public places.", batch, "Waste", "fly-tipping", "mattress", "rubble"),
		desk:    desk{"Harbour District Waste Board", "", 7},
		season:  [4]int{6, 9, 10, 8},
		text:    "[Somebody has left|Found|Again:|I can see] [a mattress|two fridges|rubble & paint tins|a sofa + 3 tyres|bags of garden waste|an \"antique\" piano] {near}.[ Rats have found it already.| Not ours!| It blocks the path.|][ There is a letter with an address in it.|]",
		notes:   "[Taken away.|Taken away, owner found.|On private ground: owner asked to clear it.|Nothing found.]",
		form: []open311.Attribute{
			ask("KIND", open311.DatatypeMultiValueList, true, "What lies there?", "All that apply",
				choice("furniture", "furniture"), choice("appliance", "fridges, machines"), choice("rubble", "rubble & soil"), choice("toxic", "paint, oil, batteries")),
			ask("AMOUNT", open311.DatatypeNumber, false, "How much is it?", "In cubic metres, 0.5 for half of one"),
			ask("WITNESS", open311.DatatypeText, false, "Did you see who left it?", "Please no names"),
		},
	},
	{
		service: service("0303", "Overflowing litter bin", "Public bins in streets, parks and at stops.", realtime, "Waste", "litter", "bin"),
		desk:    desk{"Harbour District Waste Board", "", 2},
		season:  [4]int{2, 6, 12, 5}, storm: 1,
		text:  "[Litter bin|Dog bin|Bin at the stop] [overflows|is full to the brim|has been on fire|has no bottom] {near}[, gulls everywhere|, pizza boxes all over|].",
		notes: "[Emptied.|Emptied; a bigger one is ordered.|Bin replaced.]",
	},
	{
		service: service("TREE2", "Fallen tree or branch", "Trees and branches on streets, paths and lines.", realtime, "Trees & parks", "tree", "branch", "storm"),
		desk:    desk{"Parks & Trees", "What blocks a street is cleared first.", 4},
		season:  [4]int{4, 3, 4, 6}, storm: 40,
		text:  "[A big branch|A whole {tree}|Half a {tree}|The old {tree}] [came down|is about to fall|hangs in the wires|blocks the way] {near}.[ Two parked cars are under it.| The wind is still strong.| Nobody hurt, luckily.|]",
		notes: "[Cut up and removed.|Branch removed, tree is sound.|Tree felled; a new {tree} will be planted {later}.]",
		form: []open311.Attribute{
			ask("BLOCKS", open311.DatatypeSingleValueList, true, "What does it block?", "",
				choice("street", "a street"), choice("path", "a path"), choice("line", "a power line"), choice("none", "nothing")),
			ask("GIRTH", open311.DatatypeNumber, false, "How thick is it?", "In centimetres across"),
		},
	},
	{
		service: service("0402", "Playground damage", "Broken swings, splinters, glass in the sand.", realtime, "Trees & parks", "playground", "swing", "children"),
		desk:    desk{"Parks & Trees", "", 5},
		season:  [4]int{1, 6, 8, 4},
		text:    "[Swing chain broken|Glass in the sand pit|Slide has a sharp edge|See-saw stuck|Bench slats missing] in the playground {near}.[ My son cut his hand.| The children miss it ☹.|]",
		notes:   "[Mended.|Sand changed.|Closed until {until}, the part is on order.]",
	},
	{
		service: service("0403", "Overgrown hedge or verge", "Growth that hides signs or narrows paths.", realtime, "Trees & parks", "hedge", "grass", "brambles"),
		desk:    desk{"Parks & Trees", "Hedges are not cut while birds are nesting, except for safety.", 21},
		season:  [4]int{0, 5, 12, 4},
		text:    "[A bramble|The hedge|Knee-high grass|Ivy] [narrows the path|hides the stop sign|grows into the footway|covers the street name] {near}.[ One has to walk in the road.| With a pram: no chance.|]",
		notes:   "[Cut back.|Owner asked to cut it back.|Birds are nesting: done {later}.]",
	},
	{
		service: service("0501", "Blocked drain", "Gullies and culverts that do not take the rain.", realtime, "Water", "gully", "flood", "puddle"),
		desk:    desk{"Quillhaven Waterworks", "", 6},
		season:  [4]int{6, 5, 4, 10}, storm: 16,
		text:  "[Drain|Gully|The culvert] [is blocked with leaves|overflows at every rain|is full of sand] {near}[, the water stands {n} cm high|, cellar at number {nr} is wet|].[ It smells of sewage.|]",
		notes: "[Gully emptied.|Pipe flushed.|Roots in the pipe: to be dug up {later}.]",
	},
	{
		service: service("0502", "Water leak", "Water that comes out where it should not.", realtime, "Water", "burst", "main", "hydrant"),
		desk:    desk{"Quillhaven Waterworks", "If water enters a building, call the emergency line.", 1},
		season:  [4]int{6, 3, 3, 3},
		text:    "[Clear water|Brown water|A fountain of water] comes out of [the road|the pavement|a hydrant] {near}, [since {since}|more every hour|it freezes at night|about {n} litres a minute].",
		notes:   "[Main repaired.|Hydrant closed.|Spring water, not ours – drained into the gully.]",
		form: []open311.Attribute{
			ask("FLOW", open311.DatatypeSingleValueList, true, "How strong is it?", "",
				choice("drip", "drips"), choice("flow", "flows"), choice("jet", "shoots up")),
			ask("NOTES", open311.DatatypeText, false, "What else should the crew know?", "Access, dogs, parked cars"),
		},
	},
	{
		service: service("0601", "Abandoned vehicle", "Cars, trailers, boats and bicycles that nobody seems to own.", batch, "Traffic", "car", "wreck", "bicycle"),
		desk:    desk{"Traffic Wardens", "A notice is put on the vehicle; it is towed after three weeks.", 28},
		season:  [4]int{3, 5, 6, 4},
		text:    "[{colour} van|{colour} car|Trailer|Boat on a trailer|{colour} bicycle frame] without plates {near}[ since {month}|, moss on the windows|, doors open, glass everywhere|].",
		notes:   "[Towed.|Owner has moved it.|Taxed and insured: no action.|Notice put on it.]",
		form: []open311.Attribute{
			ask("PLATE", open311.DatatypeString, true, "What is the number plate?", "\"none\" if there is none"),
			ask("COLOUR", open311.DatatypeSingleValueList, true, "Which colour?", "",
				choice("0", "none of these"), choice("01", "white"), choice("02", "black, grey"), choice("03", "red"), choice("04", "blue, green")),
			ask("SINCE", open311.DatatypeDatetime, false, "Since when is it there?", "A guess will do"),
			ask("LOOKS", open311.DatatypeText, false, "What does it look like?", "Make, damage, what is inside"),
		},
	},
	{
		service: service("0602", "Parking offence", "Cars on pavements, cycle lanes and in front of drives.", blackbox, "Traffic", "parking", "pavement"),
		desk:    desk{agency: "Traffic Wardens", notice: "We do not answer single reports."},
		form: []open311.Attribute{
			ask("PLATE", open311.DatatypeString, true, "What is the number plate?", ""),
			ask("SEEN", open311.DatatypeDatetime, true, "When did you see it?", "Date and time, with the zone"),
		},
	},
	{
		// From the old register: a code with a blank and a slash.
		service: service("N 4/7", "Noise", "Building sites by night, generators, events.", blackbox, "Nuisance", "noise", "music"),
		desk:    desk{agency: "Town Watch", notice: "For noise that goes on now, call the Town Watch."},
	},
	{
		service: service("0701", "Graffiti", "Tags and posters on public walls, signs and boxes.", realtime, "Nuisance", "tag", "poster", "paint"),
		desk:    desk{"Town Watch", "Insults are removed within a day.", 14},
		season:  [4]int{5, 7, 8, 6},
		text:    "[Tags|Fresh paint|Swear words|Somebody wrote \"{tag}\"|Posters <glued> all over] [on the underpass|on the bus stop|on the switch box|on the sea wall|on the school wall] {near}.[ Kids can read it.| Cleaned {when}, back already.|]",
		notes:   "[Removed.|Painted over.|It is a mural & has a permit :-)]",
		form: []open311.Attribute{
			ask("INSULT", open311.DatatypeSingleValueList, true, "Does it insult anyone?", "",
				choice("true", "yes"), choice("false", "no")),
			ask("SURFACE", open311.DatatypeString, false, "What is it on?", "Stone, metal, glass …"),
		},
	},
	{
		service: service("0801", "Rats and pests", "Rats, wasps and what else should not be there.", batch, "Health", "rat", "wasp", "vermin"),
		desk:    desk{"Health Office", "The inspector calls before coming.", 12},
		season:  [4]int{2, 4, 8, 6},
		text:    "[Rats|Three rats|A wasps' nest|Cockroaches] [by the bins|in the yard|under the bandstand|along the quay] {near}[, by day too|, seen {when}|]. [Someone feeds the gulls & leaves the rest.|]",
		notes:   "[Bait laid.|Nest removed.|No sign of it; call again if it comes back.]",
	},
	{
		service: service("9.1", "Quay and harbour", "Ladders, rails, bollards and lifebuoys along the water.", realtime, "Harbour", "quay", "ladder", "lifebuoy"),
		desk:    desk{"Harbour Master's Office", "", 8},
		season:  [4]int{3, 4, 6, 4}, storm: 5,
		text:  "[Lifebuoy missing|Ladder rung broken|Rail rusted through|Bollard loose|Lamp on the mole is out] at the [east|west|fish] quay {near}.[ Dangerous at low tide.| Boats > 12 m cannot moor.|]",
		notes: "[Replaced.|Welded.|Closed off until {until}.]",
	},
}
