/* SPDX-License-Identifier: MIT */
/* rules_spanish.c: Spanish, of both shores; read without its accents. */
#include "safety/rules.h"

#include "safety/pattern.h"

#define ES(id, kind, tier, who, flags, pattern) {id, pattern, SAFETY_##kind, tier, SAFETY_WHO_##who, flags}

static const struct safety_rule rules[] = {
    ES("suicide.es.wish", SUICIDE, 3, SELF, RULE_WISH | RULE_EITHER,
        "me quiero|quisiera|voy matar|morir|suicidar|ahorcar|tirar|cortar|colgar / quiero|quisiera|deseo|prefiero|"
        "necesito|ganas|pienso|pensando|pensado|pensamientos|penso|idea|ideas|planeando|planeo|decidi|decidido|"
        "intentar|merezco|puedo|vengo|estoy|sigo|ando|vuelto ..2 ..2 morirme|matarme|suicidarme|morir|suicidarnos|"
        "ahorcarme|colgarme|suicidio|muerto|muerta|suicidas|suicida !de|del|por"
        " / quitarme|quito|quitar|quite la vida / acabar|terminar|acabo|termino|acabare|terminare|acabando con? mi|"
        "esta|todo|la vida|todo|sufrimiento|existencia / acabar|terminar con todo / terminar con mi / suicidarme|"
        "matarme !de / me matare|mato|suicidare|suicido / me voy @to? a? matar|suicidar|ahorcar|colgar / estoy|soy|"
        "siento|ando|me ..2 suicida / pensamientos|ideas|ideacion suicidas|suicida / pienso|pensando|penso ..2 "
        "suicidio / desearia|ojala estar|estuviera|estuviese muerto|muerta / prefiero|preferiria|mejor estar? muerto|"
        "muerta|morir|morirme / tengo|hice @a? un plan|carta|cartas ..5 &morir|matar|despedida|vida|muerte|matarme|"
        "suicidarme|morirme / quiero que todo ..2 acabe|termine / pegarme|pego @a? un tiro / saltar|tirarme|lanzarme|"
        "aventarme|arrojarme ..2 de|del|al|desde|por ..2 puente|tren|balcon|edificio|ventana|metro|azotea|techo / "
        "cortarme las venas|munecas / me|voy|quiero corto|cortar|cortarme las venas"),
    ES("suicide.es.now", SUICIDE, 4, SELF, RULE_EITHER,
        "esta noche|hoy|ahora|ahorita ..5 mato|matare|suicido|suicidarme|matarme|suicido|matar|morir|acabo|vida|"
        "suicidar ..2 &me|mi|voy -pelicula|hambre|risa|trabajo / me|voy|matarme|quitarme|suicidarme ..4 esta noche|"
        "hoy|ahora|ahorita &matar|matarme|vida|suicidarme|suicidar|morir|mato|ahorcar|colgar -hambre|risa|trabajo|"
        "sueno / tengo|con ..1 @a? la|una|un|el|las pistola|arma|soga|cuerda|pastillas|cuchillo|navaja ..3 mano|"
        "manos|lado|cabeza|lista|aqui|listas|cuello ..4 / me ..2 tome|trague|tomo ..2 todas|un|el|las|frasco ..2 "
        "pastillas|frasco|pastilla ..6 &morir|matar|despedida|adios|perdon|vida|dormir|despertar / adios ..6 &perdon|"
        "perdonen|aguanto|puedo|siempre|quiero|vida -lunes|martes|manana|reunion|hasta / este es mi ultimo|adios|"
        "despedida"),
    ES("suicide.es.passive", SUICIDE, 2, SELF, RULE_NEGATIVE | RULE_EITHER,
        "cansado|cansada|harto|harta|aburrido|aburrida de|con la? vivir|vida|existir|todo|esto ..2 !la ..1 / no "
        "quiero|quisiera|querria|deseo ..1 despertar|despertarme|estar|seguir|existir|levantarme|amanecer ..1 manana|"
        "nunca|mas|aqui|asi|viviendo|ya|vivo|viva|jamas / no quiero|quisiera despertar|seguir|existir !viendo|con|el|"
        "la|trabajando|a / ojala|espero|quisiera|desearia ..1 no ..1 despierte|despertar|despertara|hubiera|amanezca|"
        "existir|existiera|nacido|estar|estuviera / dormir|dormirme ..1 y ..1 no ..1 despertar|despertarme / mejor|"
        "bien ..2 sin mi / sin mi ..3 mejor|felices|tranquilos / soy|siento ..1 @a? una? carga|estorbo|inutil|basura|"
        "peso / mi|la|esta vida ..2 no|sin ..1 vale|tiene|sentido|sirve|merece ..1 / no|nada|sin le? ..1 veo|tiene|"
        "encuentro|hay ..1 sentido|razon|salida|futuro|motivo|caso ..3 / sin sentido|esperanza|salida ..3 / para|por "
        "que|nada ..1 vivir|seguir|vivo|sigo ..1 / no puedo mas / ya no puedo|aguanto ..1 mas|$ / no aguanto mas / "
        "quiero|quisiera desaparecer|dormir ..1 para? siempre|$ / quisiera|quiero desaparecer / nadie me? ..2 "
        "extranaria|extranara|importa|echaria|notaria ..1 / a nadie le importo|importa ..2 &yo|mi|vivo|muero|me / no "
        "deberia|merezco haber|estar|vivir|vivo|nacido ..1 / ojala no hubiera|haber nacido / no me importaria|"
        "importa ..1 morir|morirme|vivir|si|que ..3 / ojala ..3 atropelle|atropellara|lleve|mate|muera|muriera / me "
        "da igual ..1 vivir|morir|morirme|si / me rindo / no sirvo para nada / todos estarian|estarian ..1 mejor / "
        "mejor si no ..2 existiera|estuviera|despertara|naciera"),
    ES("suicide.es.taken-back", SUICIDE, 2, SELF, RULE_FIXED,
        "olvida|olviden|olvidalo|borra|borren|ignora|ignoren|ignoralo ..1 lo|eso|el|todo|mi que|mensaje|lo ..2 dije|"
        "escribi|puse|mensaje / no ..1 digas|digan|cuentes|cuenten|le ..3 lo|a|nada ..3 dije|escribi|nadie ..3 &dije|"
        "escribi|conte / era|fue|estaba ..1 broma|bromeando|jugando ..5 &dije|morir|morirme|matar|matarme|antes"),
    ES("suicide.es.other", SUICIDE, 1, OTHER, RULE_FIXED,
        "mi|un|una|el|la|su|perdi|perdimos|alguien ..3 se suicido|mato|ahorco|quito|quiere|quitado|colgo|suicidio / "
        "se suicido|ahorco|quito|suicidaron / perdi|perdimos|murio ..4 suicidio / mi|un|una|alguien ..3 quiere morir|"
        "morirse|matarse|suicidarse / suicidarse|matarse / intento suicidarse|matarse|quitarse"),
    ES("suicide.es.denied", SUICIDE, 1, SELF, RULE_FIXED,
        "no soy|estoy|me ..2 suicida / no quiero|pienso|voy ..2 morir|morirme|matarme|suicidarme|matar|suicidar "
        "-pero|se / no tengo ..2 pensamientos|ideas|ganas ..3 &suicidas|suicidio|morir|morirme|matarme / hace ..1 #n|"
        "anos|unos|muchos|diez|dos|tres|varios|cinco ..2 anos? ..3 intente|quise|queria|trate|quiso|tuve ..2 "
        "suicidarme|matarme|morir|morirme|suicidio|quitarme|acabar|pensamientos|matar / intente|quise|trate|queria "
        "..2 suicidarme|matarme|morir|morirme|quitarme ..6 hace|cuando|anos|entonces|antes|joven"),
    ES("suicide.es.mention", SUICIDE, 1, NONE, RULE_WEAK, "suicidio|suicida|suicidas / prevencion del? suicidio"),
    ES("self-harm.es", SELF_HARM, 3, SELF, RULE_WISH | RULE_EITHER,
        "me corte|cortado|cortando|lastime|lastimo|corto|queme|quemo|golpeo|lastimado|autolesione|autolesiono ..3 "
        "brazos|brazo|piernas|otra|anoche|ayer|vez|muslos|proposito|de|nuevo|mucho|hoy|para|muneca|munecas|sentir|"
        "los|las ..3 -pelo|afeitando|cocinando|cocina|cebolla|afeitarme|unas|estufa|cafe|afeitarme|dedo|llamada|luz "
        "/ quiero|ganas|necesito|impulso|urgencia|volvi|vuelto ..2 cortarme|lastimarme|hacerme|quemarme|"
        "autolesionarme|golpearme|cortar ..2 -pelo|unas|cabello / hacerme dano / autolesion|autolesiones|"
        "autolesionarme|autolesionando"),
    ES("overdose.es", OVERDOSE, 4, OTHER, RULE_FIXED,
        "no despierta|reacciona|respira|responde|respirando|despiertan ..6 &azules|labios|amigo|amiga|respira|ayuda|"
        "hermano|hermana|novio|novia|sobredosis|heroina|fentanilo|pastillas|el|ella|esposo|esposa|morado|morados|"
        "respirando|frio|se|primo|hijo|hija|alguien|companero|companera|mama|papa -bebe|despertador|telefono|"
        "servidor|correo|bot|mensajes|celular|alarma|mensaje / labios|unas|cara|dedos ..2 azules|morados|grises|azul|"
        "moradas|morada|gris ..3 / sobredosis ..5 &ahora|ayuda|ambulancia|amigo|amiga|alguien|bano|creo|esta|tiene|"
        "teniendo|acaba|tuvo|hermano|dando|dio|emergencia -ano|anos|hace|pasado|dia|prevencion|capacitacion|murio|"
        "taller|curso|azucar|cafe|chocolate|memes|internacional|perdi|sobrevivi|dulces / no puedo despertarlo|"
        "despertarla|despertar ..3 &lo|la|amigo|amiga|hermano|despertarlo|despertarla|mi|novio|novia / se desmayo|"
        "desmayado|inconsciente|ahogando|ahoga ..6 &no|heroina|fentanilo|respira|pastillas|ayuda|labios / hace "
        "ruidos|ruido|sonidos ..3 &respirar|respira|garganta|raro|ronquidos"),
    ES("overdose.es.self", OVERDOSE, 4, SELF, RULE_FIXED,
        "creo|acabo|me ..3 tome|tomado|tomar|pase|meti|tomo|inyecte|consumi|trague|tragado ..2 demasiado|demasiadas|"
        "muchas|todas|mas|demasiada|demasiados|frasco|un|el|las ..2 pastillas|xanax|heroina|fentanilo|dosis|droga|de|"
        "frasco|medicamentos|cocaina|pepas|la|tramadol -alcohol|cerveza|cerveza|cafe|agua|sol|comida|tacos|cervezas|"
        "vacunas / creo que? ..1 me? ..2 sobredosis|pase de|con la? dosis|pastillas|droga|mano / tome demasiado|"
        "demasiadas / me tome ..3 pastillas / tome todas|muchas las|mis? pastillas / me|estoy|tengo ..3 sobredosis "
        "..3 -ano|anos|hace|miedo|azucar|cafe|chocolate / creo que tome|me ..3 demasiado|demasiadas|mucho"),
    ES("overdose.es.about", OVERDOSE, 1, NONE, RULE_FIXED,
        "naloxona|sobredosis !de ..1 -azucar|cafe|chocolate|dulces|tacos|memes / sobredosis ..5 anos|hace|pasado|"
        "murio|prevencion|perdi|internacional|capacitacion / murio|murieron|perdi|fallecio ..4 sobredosis"),
    ES("overdose.es.idiom", OVERDOSE, 0, NONE, RULE_FIXED,
        "sobredosis de azucar|cafe|chocolate|dulces|tacos|memes|amor|ternura|trabajo|cafeina|futbol"),
    ES("withdrawal.es", WITHDRAWAL, 4, SELF, RULE_FIXED,
        "deje|dejo|dejado|dejar|sin|dias|dia|abstinencia ..6 tomar|beber|alcohol|bebida|xanax|clonazepam|rivotril|"
        "benzodiacepinas|bebiendo|tomando ..12 convulsiones|convulsiono|alucinando|alucinaciones|viendo|veo|ve|oigo|"
        "escucho|voces|cosas|fiebre|temblando|delirium|confundido|tiembla|bichos|sombras|hablando|ataque "
        "&convulsiones|convulsiono|alucinando|alucinaciones|viendo|veo|ve|oigo|escucho|voces|fiebre|temblando|"
        "delirium|confundido|bichos|tiembla|sombras|hablando|ataque -ano|anos|cafe|azucar|cigarro / convulsiones|"
        "convulsiono|alucinando|alucinaciones|veo|oigo|viendo|delirium|temblando ..10 &deje|dejo|sin|abstinencia|"
        "dejar &tomar|beber|alcohol|abstinencia|xanax|rivotril|clonazepam|bebida -ano|anos"),
    ES("withdrawal.es.plan", WITHDRAWAL, 2, SELF, RULE_FIXED,
        "dejar|desintoxicarme|desintoxicar|dejarlo|deje|desintoxicacion ..5 alcohol|beber|tomar|xanax|clonazepam|"
        "rivotril|benzodiacepinas|botella|casa|solo|sola ..5 golpe|casa|solo|sola|seguro|peligroso|manana|repente "
        "..3 -anos|hace|cafe|cigarro|fumar"),
    ES("violence.es", VIOLENCE, 4, SELF, RULE_FIXED,
        "me esta pegando|golpeando|ahorcando|atacando|amenazando / me ..2 pega|golpea|amenaza ..4 ahora|ahorita|"
        "cuchillo|pistola|encerrada|encerre|ayuda -anos|siempre / encerre|encerrada|encerrado|escondida ..5 bano|"
        "cuarto|closet ..5 &pega|pegando|golpea|golpeando|amenaza|cuchillo|pistola|borracho|el|golpear"),
    ES("violence.es.intent", VIOLENCE, 3, SELF, RULE_WISH | RULE_EITHER,
        "quiero|voy|ganas|pienso|pensando ..2 matar|matarlo|matarla|lastimar|golpear|golpearlo|apunalar|matarlos|"
        "lastimarlo|lastimarla ..3 &ex|lo|la|el|ella|jefe|alguien|matarlo|matarla|esposo|vecino|mi|lastimarlo|"
        "golpearlo -tiempo|hambre|proceso|servidor|bot|juego|me|risa"),
    ES("violence.es.told", VIOLENCE, 1, SELF, RULE_FIXED,
        "mi|el ..1 esposo|marido|novio|pareja|esposa|novia|papa|padre|ex me pega|golpea|pegaba|golpeaba|maltrata|"
        "amenaza|pego|golpeo|empuja"),
    ES("craving.es", CRAVING, 0, SELF, RULE_FIXED,
        "ganas|antojo|quiero|necesito|deseo ..2 consumir|beber|tomar|fumar|drogarme|trago|cerveza|emborracharme|"
        "inyectarme|copa|traguito ..1 !agua|cafe|te|el|un? -agua|cafe|te|bus|autobus|foto|nota|notas|tren|metro|aire|"
        "medicina / mataria por @a? una|un cerveza|trago|cigarro|copa / tengo|con ..1 ganas|antojo|craving|ansias|"
        "ansiedad de|por consumir|beber|tomar|usar|fumar|drogarme / mucho|mucha|fuerte ..1 craving|ansia|ansias|"
        "antojo"),
    ES("lapse.es", LAPSE, 0, SELF, RULE_FIXED,
        "recai|recaida ..3 -prevencion|evitar|miedo|plan|anos / consumi|bebi|tome|fume|use ..2 anoche|ayer|otra|de|"
        "el|este|hoy|fin|cerveza|cervezas|alcohol ..2 &anoche|ayer|vez|nuevo|viernes|sabado|domingo|cervezas|cerveza|"
        "alcohol|vino|semana -agua|cafe|pastillas|te|anos / ^ ya|hoy? consumi|use hoy|anoche|$ / volvi a consumir|beber|usar|"
        "tomar|drogarme|caer ..3 -agua|cafe|te|clase|clases|foto|fotos|mate|bus|cama / me drogue / me tome ..2 cerveza|cervezas|trago|tragos|copa|copas|vino"),
    ES("suicide.es.wish", SUICIDE, 3, SELF, RULE_WISH | RULE_EITHER,
        "quiero|quisiera|voy|pienso|deseo|ganas|queria|pensando @to? a|de? ..1 morirme|matarme|suicidarme|ahorcarme|"
        "colgarme|dispararme|tirarme -risa|hambre|sueno|piscina|sofa|cama|agua|playa|verguenza"
        " / tengo|hice|ya|escribi|deje|escribo ..2 la|una|mi carta|nota|notas ..1 de? despedida|adios|suicidio"
        " / no quiero vivir mas|asi / ya no quiero seguir viviendo / quiero|quisiera estar muerto|muerta"
        " / me quiero|quisiera|deseo|gustaria morir|matar|suicidar|morirme / se|tengo ..2 como|cuando ..2 voy|hacer|"
        "hacerlo ..2 &morir|matar|acabar|vida|hacerlo|plan -receta|trabajo|tarea|examen|viaje"),
    ES("suicide.es.now", SUICIDE, 4, SELF, 0,
        "carta|cartas|nota|despedida ..6 hago|hare|hacerlo|termino|acabo ..4 noche|hoy|ahora|ahorita|manana / lo "
        "hago|hare esta? noche|hoy|ahora &adios|carta|despedida|pastillas|vida|matar|morir|perdon|pistola|soga / hoy|"
        "esta ..1 noche? ..2 termino|acabo|termina|acaba ..2 con? ..1 mi? vida|todo|sufrimiento &adios|perdon|quiero|"
        "vida|morir / estoy ..2 en|sobre el|la puente|techo|azotea|balcon|vias|cornisa ..8 &saltar|tirarme|lanzarme|"
        "adios|aventarme|brincar / me corte las? venas|munecas"
        " / me voy @to? a? tirar|lanzar|aventar|arrojar|saltar ..1 de|del|al|desde|por ..2 puente|tren|balcon|"
        "edificio|ventana|metro|azotea|techo"),
    ES("suicide.es.passive", SUICIDE, 2, SELF, RULE_NEGATIVE | RULE_EITHER,
        "no quiero vivir / que me muera|mate|lleve|atropelle ..3 / ojala|espero|quiero|quisiera que? me muera|"
        "muriera|muriese|mate|lleve ..2 / prefiero|preferiria no vivir|existir|despertar|estar / mejor ..1 muerto|"
        "muerta ..1 &yo|estaria|sin|todos / no tengo ..2 razon|razones|motivo|motivos|ganas ..1 de|para|por ..1 "
        "vivir|seguir|existir|nada / sin ganas de vivir|seguir|nada / nadie me? ..2 quiere|necesita|extranaria ..3 "
        "&vivir|muero|sin|mejor|vida|aqui / quisiera|quiero|ganas|necesito ..2 desaparecer|dormir|irme ..2 siempre|y|"
        "del|de|mundo ..2 &siempre|mundo|despertar|nunca|todo / estorbo|sobro ..2 en|aqui|para ..2 / ya no valgo|"
        "sirvo nada|para / que sentido tiene ..1 vivir|seguir|todo|esto|la|mi / no le importo a nadie / no vale la "
        "pena ..1 vivir|seguir|la|esta|mi"),
    ES("overdose.es", OVERDOSE, 4, OTHER, RULE_FIXED,
        "no ..1 despierta|reacciona|respira|responde|respirando|contesta ..6 &azul|azules|tiene|ayuda|pastillas|tomo|"
        "sobredosis|frio|fria|palido|palida|morado|lento -bebe|despertador|telefono|servidor|correo|bot|mensajes|"
        "celular|alarma|mensaje|llamada|llamadas|whatsapp|pagina|boton|aplicacion|app|computadora|teclado"
        " / inconsciente|desmayada|desmayado|desmayo ..8 &respira|azul|lento|pastillas|droga|heroina|fentanilo|tomo|"
        "ayuda|despierta|consumio -anos|colectivo|mente|hace|sesgo|ayer / respira|respirando ..1 muy|poco|apenas ..1 "
        "lento|despacio|poco|raro|mal|debil -ejercicio|yoga|meditacion|profundo / apenas|casi no? respira ..4 / se "
        "tomo|trago ..3 pastillas|frasco|todas|medicamentos|veneno ..4 -hace|anos|aspirina / se paso con|de ..2 "
        "heroina|droga|dosis|pastillas|fentanilo|coca"),
    ES("overdose.es.self", OVERDOSE, 4, SELF, RULE_FIXED,
        "me meti|tome|inyecte|pase|trague|fume ..2 demasiado|demasiada|demasiadas|mucho|mucha|todas|mas ..6 "
        "&respirar|corazon|pecho|mareado|mareada|siento|labios|dormido|ayuda|miedo|mal|pastillas|dosis -cafe|comida|"
        "sol|trabajo|anos|hace|tacos|agua|ayer / tome|trague|tomado|tragado ..1 todas|un|el|entero|muchas ..2 "
        "pastillas|frasco|medicamentos|pastilla -prescritas|receta|hace|anos|doctor / mezcle|combine ..3 pastillas|"
        "xanax|alcohol|heroina|metadona|clonazepam ..6 &respirar|mareado|mareada|siento|mal|dormir|corazon|miedo"),
    ES("withdrawal.es", WITHDRAWAL, 4, SELF, RULE_FIXED,
        "deje|dejo|dejado|dejar|sin|abstinencia ..4 tomar|beber|alcohol|bebida|xanax|clonazepam|rivotril|"
        "benzodiacepinas|trago|cerveza ..12 convulsionando|convulsiona|convulsiones|temblores|alucina|alucinando|"
        "alucinaciones|delira|delirando|confundida|sudando|taquicardia|vomitando ..4 -ano|anos|cafe|azucar|cigarro|"
        "leve|hace"
        " / temblores|temblor|temblando|vomitando|sudando|taquicardia ..4 alucinaciones|alucinando|fiebre|voces|"
        "convulsiones|confusion ..8 &beber|tomar|alcohol|abstinencia|xanax|rivotril|clonazepam -anos|hace"),
};
const struct safety_rule_table safety_rules_spanish = {rules, COUNT_OF(rules)};
