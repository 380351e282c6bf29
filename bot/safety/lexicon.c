/* SPDX-License-Identifier: MIT */
/* lexicon.c: contractions, slang and spellings opened to plain words, and the classes that rules ask for. */
#include "safety/pattern.h"

const char *const safety_aliases[] = {
    /* contractions, with and without their apostrophe */
    "i'm=i am  im=i am  i've=i have  ive=i have  i'd=i would  id=i would  i'll=i will  imma=i am going to  ima=i "
        "will",
    "you're=you are  youre=you are  you've=you have  you'd=you would  you'll=you will  youll=you will",
    "he's=he is  hes=he is  he'd=he would  he'll=he will  she's=she is  shes=she is  she'd=she would  she'll=she "
        "will",
    "it's=it is  its=it is  it'd=it would  it'll=it will  itll=it will  that's=that is  thats=that is  "
        "that'd=that would",
    "we're=we are  we've=we have  we'd=we would  we'll=we will  they're=they are  theyre=they are  they've=they "
        "have",
    "theyve=they have  they'd=they would  theyd=they would  they'll=they will  theyll=they will  there's=there is",
    "theres=there is  what's=what is  whats=what is  who's=who is  whos=who is  how's=how is  where's=where is",
    "wheres=where is  here's=here is  everyone's=everyone is  everybody's=everybody is  someone's=someone is",
    "nobody's=nobody is  one's=one is  nothing's=nothing is  everything's=everything is  life's=life is  "
        "lifes=life is",
    "don't=do not  dont=do not  dnt=do not  doesn't=does not  doesnt=does not  didn't=did not  didnt=did not",
    "can't=can not  cant=can not  cannot=can not  couldn't=could not  couldnt=could not  won't=will not  "
        "wont=will not",
    "wouldn't=would not  wouldnt=would not  shouldn't=should not  shouldnt=should not  isn't=is not  isnt=is not",
    "aren't=are not  arent=are not  ain't=is not  aint=is not  wasn't=was not  wasnt=was not  weren't=were not",
    "werent=were not  haven't=have not  havent=have not  hasn't=has not  hasnt=has not  hadn't=had not  hadnt=had "
        "not",
    "gonna=going to  gunna=going to  gona=going to  ganna=going to  wanna=want to  wana=want to  wannna=want to",
    "wanan=want to  gotta=have to  hafta=have to  tryna=trying to  finna=going to  boutta=about to  bouta=about to",
    "shoulda=should have  coulda=could have  woulda=would have  kinda=kind of  sorta=sort of  outta=out of",
    "y'all=you all  yall=you all  let's=let us  lemme=let me  gimme=give me  dunno=do not know  idk=i do not know",
    "idc=i do not care  idgaf=i do not care  wnat=want  wnt=want  waht=what  teh=the  liek=like  adn=and",
    /* time */
    "tn=tonight  tonite=tonight  2nite=tonight  2night=tonight  2nght=tonight  tonihgt=tonight  rn=right now",
    "tmrw=tomorrow  tmr=tomorrow  tmrrw=tomorrow  tomoro=tomorrow  tommorow=tomorrow  tommorrow=tomorrow  "
        "2moro=tomorrow",
    "2morrow=tomorrow  2day=today  yday=yesterday  yest=yesterday  4ever=forever  nomore=no more  b4=before",
    /* people */
    "bf=boyfriend  gf=girlfriend  hubby=husband  bff=friend  mum=mom  mam=mom  ur=your  pls=please  plz=please",
    "ppl=people  sb=somebody  sum1=someone  some1=someone  any1=anyone  no1=nobody  every1=everyone  "
        "evry1=everyone",
    "alot=a lot  cuz=because  cos=because  bc=because  becuase=because  tho=though  thru=through  abt=about  "
        "suiciding=killing myself  wiht=with  wnana=want to  wnna=want to  wannaa=want to  wanba=want to  wannq=want to  aliving=unaliving",
    /* keyboard slips, in words too short for the general repair, and words run together */
    "eant=want  wamt=want  wqnt=want  wsnt=want  wabt=want  wany=want  watn=want  qant=want  awnt=want  wantr=want",
    "tod=to d  todie=to die  tokill=to kill  todiee=to die  kilm=kill m  killmy=kill my  kms'ing=kms  "
    "unalife=unalive",
    "overdoes'd=overdosed  kiil=kill  killl=kill  kkill=kill  kull=kill  jill'd=killed  k1ll=kill  myslf=myself",
    "myelf=myself  mysef=myself  mself=myself  mysekf=myself  mydelf=myself  myself's=myself  meslef=myself",
    "hurtin=hurting  cuttin=cutting  dieee=die  tonit=tonight  2nt=tonight  2nyt=tonight  tonyt=tonight",
    "sewerslide=suicide  suwicide=suicide  sewicide=suicide  suwerslide=suicide  swerslide=suicide  sewy=suicide",
    "wannakillmyself=want to kill myself  killmyselftonight=kill myself tonight  gonnakillmyself=going to kill "
    "myself",
    "imgonnakillmyself=i will kill myself  iwannakillmyself=want to kill myself  iwanttokillmyself=want to kill "
    "myself",
    "wannabedead=want to die  idontwanttolive=not want to live  idontwanttobehere=not want to live",
    "xanies=xanax  zanax=xanax  zannies=xanax  fenty=fentanyl  fetanyl=fentanyl  perks=percs  klonnies=klonopin",
    "wifey=wife  stepfather=stepdad  stepmother=stepmom  bfs=boyfriend  gfs=girlfriend",
    "kiero=quiero  qiero=quiero  quiro=quiero  qero=quiero  keria=queria  kisiera=quisiera  keriendo=queriendo",
    "q=que  ke=que  xq=porque  pq=porque  porke=porque",
    "aki=aqui  mañna=manana  mñn=manana  kede=quede  kitarme=quitarme  kitar=quitar  qitarme=quitarme  bivir=vivir",
    "viba=viva  bibir=vivir  suisidarme=suicidarme  suicidarm=suicidarme  suisidio=suicidio  matarm=matarme",
    "morirm=morirme  aser=hacer  aserme=hacerme  muertx=muerto  cansadx=cansado  hartx=harto  envenenarme=matarme",
    /* glued and misspelt */
    "killmyself=kill myself  killingmyself=killing myself  endmylife=end my life  endingmylife=ending my life",
    "enditall=end it all  wannadie=want to die  wanttodie=want to die  iwanttodie=i want to die  iwannadie=i want "
        "to die",
    "wantodie=want to die  wanadie=want to die  hurtmyself=hurt myself  kil=kill  kll=kill  klil=kill  kiil=kill",
    "kiling=killing  killin=killing  dyin=dying  dieing=dying  fuckin=fucking  sewerslide=suicide",
    "sewercide=suicide  suey=suicide  aliven't=dead  alivent=dead  unaliven=unalive  unlive=unalive  "
        "unaliv=unalive",
    "sudoku'd=suicide  suislide=suicide  sooicide=suicide  suicydal=suicidal  sewerslidal=suicidal  "
        "suicidle=suicidal  suicidel=suicidal  suicde=suicide  siucide=suicide  suic=suicide",
    "selfharm=self harm  selfharming=self harming  selfharmed=self harmed  selfinjury=self harm  "
        "overdosin=overdosing",
    "wakeup=wake up  everytime=every time  anymor=anymore  nomo=no more  infront=in front  meself=myself  "
        "mself=myself",
    "od'd=overdosed  oded=overdosed  o'd=overdosed  odd'd=overdosed  od'ing=overdosing  oding=overdosing  "
        "od'ed=overdosed",
    "od's=overdoses  fent=fentanyl  fetty=fentanyl  benzo=benzos  xan=xanax  xans=xanax  xannies=xanax  "
        "kpins=klonopin",
    "narcaned=narcan  narcanned=narcan  narcan'd=narcan  convulsion=convulsions  hallucination=hallucinations  "
        "bday=birthday  gmornin=morning  bruh=bro",
    "hangover's=hangover  goin=going  doin=doing  nuthin=nothing  nothin=nothing  somethin=something",
    "livin=living  feelin=feeling  thinkin=thinking  wantin=wanting  drinkin=drinking  usin=using  hittin=hitting",
};
const size_t safety_alias_count = COUNT_OF(safety_aliases);

const struct safety_class safety_classes[] = {
    {"common",
     "i me my you your u he she it we they a an the and or but so if in on at of to for from with as is am are was "
        "were be "
     "been being do does did done have has had not no can could will would should may might this that these those "
        "what "
     "when where who how why there here all any some just like get got go going went up down out off over about "
        "now then "
     "than too very more one two know think want time day today back good really his her him them us our their by "
        "into "
     "see say said make made after before again still never ever much way need take right last next every other "
        "been "
     "because only even also well night tonight something anything nothing people help meeting week work feel "
        "feeling "
     "who's only please thanks thank everyone come came look looking year years first new long home life am s #n "
        "tomorrow "
     "has 's let lets sober days month morning old call called talk keep tell told sure really lot things thing "
        "bit by",
     MARK_COMMON},
    {"i", "i me my mine myself we", MARK_I},
    {"kin",
     "friend friends buddy pal mate bestie brother bro sister sis mom mother dad father son daughter kid kids "
        "child children "
     "husband wife partner boyfriend girlfriend fiance fiancee spouse cousin uncle aunt auntie nephew niece "
        "grandma "
     "grandpa grandmother grandfather grandson granddaughter roommate roomie housemate flatmate neighbor neighbour "
     "coworker colleague sponsor sponsee sponsees client patient guy girl man woman dude lady boy person member "
        "teenager teen "
     "student classmate ex stepdad stepmom stepson stepsister stepbrother bestfriend boss baby resident passenger "
        "veteran "
     "mama papa parent sibling twin homie peer brother-in-law newcomer",
     MARK_OTHER | MARK_PERSON},
    {"they",
     "he she they him her them his hers their theirs himself herself themselves themself someone somebody who "
        "everyone "
     "everybody people others anyone",
     MARK_OTHER},
    {"other", "@kin he she they him her them someone somebody", 0},
    {"not", "not never no without nor neither dont't cease nunca tampoco jamas ningun ninguna", MARK_NOT},
    {"turn", "but because so and though although however then except until since while cause", MARK_TURN},
    {"said",
     "said says say asked asks ask asking told tells saying quoted quotes sings sang goes line wrote whispered "
        "screamed "
     "texted yelled reads read posted",
     MARK_SAID},
    {"asked", "asked asks ask asking", 0},
    {"fill",
     "really just so fucking fckn fkn freaking frickin honestly actually literally even still always seriously "
        "truly damn "
     "also kind sort of totally absolutely legit lowkey highkey almost nearly sometimes often constantly only "
        "maybe "
     "probably definitely actively passively severely extremely super pretty very acutely much more bad badly "
        "this as deeply usually randomly low key",
     MARK_FILLER},
    {"hedge",
     "stop sure know help think believe just only care wait deny lie lying shake get decide merely even alone "
        "longer resist "
     "control quit feel guarantee promise trust ignore handle bear stand take",
     MARK_HEDGE},
    {"condition", "if whether", MARK_CONDITION},
    {"joke",
     "lol lmao lmfao haha hahaha hahahaha hah ha jk rofl lolol xd kidding joking joke jokes lulz jajaja jaja hehe "
        "#laugh",
     MARK_JOKE},
    {"work",
     "song songs lyric lyrics album albums band bands playlist chorus verse track movie movies film films show "
        "shows episode "
     "series season novel character characters scene poem game games video quote quotes radio spotify netflix "
        "anime comic "
     "playing sauce tv soundtrack musical villain protagonist remix cancion pelicula letra novela banda "
     "serie karaoke fanfic manga opera hamlet romeo",
     MARK_MEDIA},
    {"code",
     "process processes server servers daemon thread threads script scripts bot pod container kernel sigkill cron "
        "job jobs "
     "build branch repo commit git database db query cpu gpu ram disk docker kubernetes k8s systemd pid zombie "
        "loop function "
     "compiler code laptop computer router wifi battery parent worker node cluster linux windows module "
     "program vm connection socket runner pipeline deploy printer plant plants",
     MARK_CODE},
    {"noun",
     "prevention training awareness hotline helpline lifeline workshop seminar class course week month rates rate "
        "statistics "
     "stats research study studies article survivors survivor watch note policy squad attempts ideation loss walk "
     "education documentary podcast discussion topic talk chapter book fundraiser group",
     MARK_NOUN},
    {"number", "#n one two three four five six seven eight nine ten twelve fifteen twenty thirty "
        "few couple several", MARK_NUMBER},
    {"key",
     "suicide suicidal myself kill killing killed overdose overdosed overdosing overdoses die dying want unalive "
     "breathing tonight goodbye suicidio suicidarme matarme alcohol seizure seizures hallucinating hallucinations "
        "naloxone "
     "narcan relapse relapsed unresponsive unconscious gurgling withdrawal withdrawals craving cravings morirme "
        "quiero "
     "bridge anymore pointless hopeless worthless cutting burden thoughts ending herself himself fentanyl urge "
        "urges hurting "
     "wanting death alive living drinking convulsing convulsions detox harming going hang hanging unaliving life "
     "killed myself "
     "sewerslide todie tokill killmyself enditall killing swallowed cocaine sobredosis pastillas",
     MARK_KEY},
    /* ordinary words one letter away from those: known, so that they stay what they are */
    {"plain",
     "gong doing pill bills hangs hanged hung handing gauging jumpy dumping bumping pumping jumper jumped cooling "
     "gin "
     "spills pillow pillows want's goings pasting swallow swallows "
     "overdone suicides wild skill skills will bill fill till mill hill still diet died dies diy lying tying "
        "drying crying "
     "frying flying handing hanging banging changing bending sending lending vending mending fending pending "
     "warden garden bride bridges fridge ridge building billing filling milling chilling drilling "
     "spilling willing thrilling filled skilled drilled deal death's heath breath breathe breathed treating "
        "breading "
     "breeding breaking bathing breathings living loving leaving giving liking lining dining alive olive live "
        "relapses relapsing "
     "relaxed relax relaxes relaxing collapse collapsed burgundy burdens burned burnt craved crave craves carving "
        "carvings "
     "raving shaving saving having waving paving caving braving craven gurgle drinkings shrinking thinking "
        "blinking winking "
     "linking sinking drink drinks cutting cuttings putting nutting gutting quitting sitting hitting shutting "
     "urged urgent purge surge hunting hurling hurting hurdling curling turning hosting boasting hopeful hopefully "
     "hopelessly endings ended unending wanted wants wasting waiting wanton panting painting ranting granting "
     "hasting charming farming warming arming tonights thought though through throughout mine kilo kilt kiln kills "
        "killer "
     "killers kin kind goodby goodbyes detoxed detoxing detoxes himself herself itself yourself oneself ourselves "
        "themselves "
     "narcs narcotics narrow seizures seized seizing leisure withdraw withdrawn withdrew fentanyls quieres quiere "
        "quiso "
     "death deaths depth dearth heat heath hearth neath bridged bridging bringing abridge fridges unresponsiveness "
     "pointed points pointers worthy worth penniless alcoholic alcoholics kissing filing tiling wiling piling "
     "smiling boiling mailing failing sailing nailing hailing bailing tailing railing dialing drinker drinkers",
     0},
    {"to", "to 2 too", 0},
    {"you", "you u ya", 0},
    {"be", "is am are was were be been being feel feels feeling felt getting become becoming get 's", 0},
    {"is", "is are was were 's has", 0},
    {"a", "a an the my this that some his her their your our these those all every each another any", 0},
    {"want", "want wants wanted wanting wish wishing need craving desire", 0},
    {"all", "everyone everybody world all family kids friends wife husband mom people them you u they she he "
        "team group", 0},
    {"substance",
     "alcohol drinking booze drink liquor vodka whiskey whisky wine beer bottle benzos benzodiazepines xanax "
        "valium "
     "klonopin ativan clonazepam lorazepam diazepam alprazolam librium phenazepam etizolam barbiturates "
        "phenobarbital ghb "
     "meds pills",
     0},
    {"drug",
     "@substance heroin fentanyl oxy oxys oxycontin oxycodone percs percocet perc opioids opiates opioid dope "
        "smack meth "
     "coke cocaine crack speed crystal molly ketamine tramadol methadone suboxone subs kratom tranq xylazine "
        "gabapentin "
     "lean codeine vicodin hydrocodone dilaudid morphine roxys blues nitazenes weed edibles shrooms powder drugs "
        "stuff shit "
     "insulin tylenol acetaminophen paracetamol ibuprofen aspirin ambien seroquel antidepressants sleeping",
     0},
    {"pills", "pills pill tablets tablet tabs meds medication medicine xanax benzos oxys percs bars tylenol advil "
     "acetaminophen paracetamol ambien trazodone seroquel insulin antidepressants painkillers sedatives sleepers "
        "capsules "
     "opioids valium klonopin ativan", 0},
    {"pastillas", "pastillas pastilla pepas medicamentos tabletas", 0},
};
const size_t safety_class_count = COUNT_OF(safety_classes);
