/* SPDX-License-Identifier: MIT */
/* fold_table.c: what a letter outside ASCII looks like, one byte for each code point of the blocks where
 * letters that pass for Latin ones live.  From the compatibility decompositions of Unicode 15 without their marks, and by eye for the
 * look-alikes of other scripts; "~" is none, "^" a line separator. */
#include "safety/fold.h"

struct block {
    uint32_t first, last;
    const char *looks;
};

static const struct block blocks[] = {
    {0xA0, 0x24F,
     "  ce~y~s ~a\"~~~ 0~23'm~. 1o\"113 aaaaaaaceeeeiiiidnooooo~ouuuuypbaaaaaaaceeeeiiiidnooooo~"
     "ouuuuypyaaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkk~llllllllllnnnnnn'~~oooo"
     "oooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~oo~~~~~~"
     "~~~~~~~uu~~~~~~~~~~~~~~~~~~~dddlllnnnaaiioouuuuuuuuuu~aaaaaa~~ggkkoooo~~jdddgg~~nnaaaaoo"
     "aaaaeeeeiiiioooorrrruuuusstt~~hh~~~~~~aaeeooooooooyy~~~~~~~~~~~~~~~~~~~~~~~~~~~~"},
    {0x250, 0x2AF,
     "aa~bc~ddee~e~~~~ggg~~~h~iii~~l~m~mn~no~~~~~~~~r~rrs~~~~~tuuv~w~yz~~~~~~~~b~~hj~l~~~~~~~~"
     "~~~~~~~~"},
    {0x370, 0x3FF,
     "~~~~~~~~~~ ~~~;~~~~~  a.ehi~o~y~iab~~ezh~ik~mn~o~p~~ty~x~~iyaeniuabyde~n~iklmv~o~pootu~x"
     "~wiuouw~b~yyy~~~~~~~~~~~~~~~~~~~~~~~~~~~kpo~~e~~~~~~~~~~"},
    {0x400, 0x52F,
     "ee~~~siij~~~k~y~a~b~~e~~~~k~mho~pcty~x~~~~~~~~~~a~br~e~~nnknmho~pcty~x~~~~~~~~~ree~r~sii"
     "j~~~kny~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~yy"
     "~~~~~~~~~~hh~~~~l~~~~~~~~~~~~~~laaaa~~ee~~~~~~~~~~~n~noo~~~~~~yyyyyy~~~~~~~~~~~~~d~~~~~~"
     "~~~~g~~~~~~~~~~~~~qqww~~~~~~~~~~~~~~~~~~"},
    {0x530, 0x58F,
     "~~~~~t~~~~~~~~~~~~~~~~~~~~~~~u~s~~~~~o~~~~~~~~~~~~~~~e~~~~~~~~~~h~~~~~~~n~~~~u~~~g~~qo~e"
     "~~~~~~~~"},
    {0x13A0, 0x13FF,
     "drt~~i~~~~aje~~~~~~w~~~m~~~h~yn~g~~z~~~~~~~~~~~~~~~~~~~~~vs~~~lc~~p~~~k~~~~~~~~~~~~~b~~~"
     "~~~~~~~~"},
    {0x1D00, 0x1D7F,
     "a~~~cd~e~~jklm~o~~~~~~~~p~~tu~~~vwz~~~~~~~~~aab~de~ghijklmn~o~prtuwaaa~bdeee~g~km~oc~~pt"
     "u~mv~byd~xiruvbyp~x~~~~~~~~~~~~~h~~~~~~~"},
    {0x1E00, 0x1EFF,
     "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppp"
     "rrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyas~~~~aaaaaaaaaaaaaaaa"
     "aaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy~~~~~~"},
    {0x2000, 0x206F,
     "           ~~~~~---,,-~ ''''\"\"\"\"~~,~..,~^^~~~~~ ~~'\"'~~~~~~~!~ ~~~~~~~~\?\?!~~~~~~~~~~~~~'"
     "~~~~~~~ ~~~~~~~~~~~~~~~~"},
    {0x2070, 0x209F,
     "0i~~456789+~=()n0123456789+~=()~aeoxehklmnpst~~~"},
    {0x2100, 0x218F,
     "aac0~cc~~0ghhhhhiill~nn~~pqrrr~~stt~z~~~z~kabc~eef~mo~~~~i~f~y~~~~~~~ddeij~~~~~~11112123"
     "41513571iiiivvvvixxxlcdmiiiivvvvixxxlcdm~~~~~~~~~0~~~~~~"},
    {0x2460, 0x24FF,
     "12345678911111111112123456789(((((((((((12345678911111111112abcdefghijklmnopqrstuvwxyzab"
     "cdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0~~~~~~~~~~~~~~~~~~~~~"},
    {0x2C60, 0x2C7F,
     "~~~~~~~~~~~~~~~~~~~~~~~~~~~~jv~~"},
    {0xA720, 0xA7FF,
     "~~~~~~~~~~~~~~~~fs~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"
     "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"
     "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~cfq~~~ho~~~~~~"},
    {0xAB30, 0xAB6F,
     "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~w~~~~~~"},
    {0xFF00, 0xFF5F,
     "~!\"#$%&'()*+,-./0123456789:;<=>\?@abcdefghijklmnopqrstuvwxyz[~]^_'abcdefghijklmnopqrstuvw"
     "xyz{|}~~"},
    {0x1D400, 0x1D7FF,
     "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefg~ij"
     "klmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyza~cd~~g~~jk~~nopq~st"
     "uvwxyzabcd~f~hijklmn~pqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzab~d"
     "efg~~jklmnopq~stuvwxy~abcdefghijklmnopqrstuvwxyzab~defg~ijklm~o~~~stuvwxy~abcdefghijklmn"
     "opqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwx"
     "yzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh"
     "ijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr"
     "stuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzi~~~ab~~ezh~ik~mn~o~p~~ty~x~"
     "~~abyde~n~iklmv~o~pootu~x~w~e~k~p~ab~~ezh~ik~mn~o~p~~ty~x~~~abyde~n~iklmv~o~pootu~x~w~e~"
     "k~p~ab~~ezh~ik~mn~o~p~~ty~x~~~abyde~n~iklmv~o~pootu~x~w~e~k~p~ab~~ezh~ik~mn~o~p~~ty~x~~~"
     "abyde~n~iklmv~o~pootu~x~w~e~k~p~ab~~ezh~ik~mn~o~p~~ty~x~~~abyde~n~iklmv~o~pootu~x~w~e~k~"
     "p~~~~~01234567890123456789012345678901234567890123456789"},
    {0x1F110, 0x1F18F,
     "abcdefghijklmnopqrstuvwxyz~crcw~abcdefghijklmnopqrstuvwxyzhmsspwabcdefghijklmnopqrstuvwx"
     "yzmmm~~~abcdefghijklmnopqrstuvwxyz~~~~~~"},
};

unsigned char safety_fold_look(uint32_t code_point)
{
    size_t low = 0, high = COUNT_OF(blocks);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code_point > blocks[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == COUNT_OF(blocks) || code_point < blocks[low].first)
        return 0;
    char look = blocks[low].looks[code_point - blocks[low].first];
    return look == '~' ? 0 : look == '^' ? '\n' : (unsigned char)look;
}
