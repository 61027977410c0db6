//! Words that people use whatever a report is about. On a desk with a dozen cases nearly every word is rare; those here are
//! taken to stand in many reports elsewhere, so that two reports are not called alike because both name a server and a page.

use super::hash::Map;
use super::words::stem;
use std::sync::LazyLock;

/// Reports elsewhere that are reckoned with, beside those the asker may see. A thousand cases of a desk outweigh them.
pub(super) const ELSEWHERE: f32 = 400.0;

/// Of these words one report in six has each.
const MANY: &str = "access account action add address admin administrator administration affected after allow application arbitrary attack attacker \
    attackers authenticated authentication because before bug bypass call can cause change check code command contain control \
    create crafted critical data default describe description different enable error execute execution existing expected \
    exploit exploitable exploited fail file find fix following found function get give happen header help high impact \
    include information input install issue know lack lead level like link list load local login look low make malicious \
    message method missing name need new number observe only open other page parameter pass password path permission \
    please possible potential prevent privilege problem product project proof provide public read receive remote report \
    request require reproduce response result return run security see seem send sensitive server service session set \
    severity show side site software start step steps system take team tell test thank thanks time token tool try type unauthorized \
    update upload url use used user users valid validate validation value version victim view vulnerable vulnerability vulnerabilities \
    want weakness web website without work \
    another one two three first second third same next still out up now today here there them does did done just even very more \
    most much many some few own once through during between both confirm accept refuse keep come comes take takes make makes give gives use uses go goes gone say said says day \
    days hour hours minute week month year until while again always never every each nobody somebody anybody someone anyone nothing \
    something anything people person let put take taken get got make made way part whole half long short small large new old left \
    right end begin start stop ask answer wait hold show shown tell told know known mean means call name word words write written";

/// Of these one in forty.
const SOME: &str = "about above again against agent allocate another api appear array assert assume attached attachment attempt attribute \
    automatic available back base become begin behaviour believe below better between body both box branch browser buffer build bundle \
    button byte cache case certificate channel character choose class clear click client cloud column comment commit common \
    compare complete component compromise condition config configuration confirm connect connection consider console content \
    context cookie copy correct count country crash credential cross cryptographic current custom customer database date day \
    debug decode delete denial deny dependency deploy design detail detect developer device directory disable disclose \
    disclosure display document documentation domain download draft each edit effect element else email empty encode encrypt end \
    endpoint engine enough ensure enter entry environment escalation escape event every example except exception exist export \
    expose exposed expression external fact feature field filter first folder follow force forge form format forward frame \
    framework free front full further gain general github good grant group guess handle handler hash heap hidden hold host hour html \
    http https identifier identity image implement import improper incorrect index inject injection inside instance instead \
    integer integrity interface internal internet invalid invite javascript json just keep key know language large last later \
    latest layer leak least leave legitimate length let library limit line linux listen load location lock log logged long loop machine mail \
    main maintainer manage many map mark match maximum mean media member memory menu middleware minor mode model module \
    monitor more most move much multiple must network never next node note nothing null object obtain occur off offer old once \
    operation option order organisation origin original output outside over overflow overwrite owner package panel parse parser part party patch \
    payload people per perform persist person phishing place plain platform plugin point policy port post present print private process \
    production profile program protect protection protocol prove proxy query question queue random range rate raw reach real record redirect \
    reference reflect regular reject release reload remain remove render replace repository reset resource respond restart restrict review \
    right risk role root route row rule safe same sample save scan scope screen script search second secret secure select \
    separate serve setting several share shell short sign signature similar simple since single size small some source special specific \
    specify sql stack staff standard state status still stop storage store stored stream string structure submit success such sure \
    switch table tag target task template text themselves think third thread through ticket title together top trace traffic trigger \
    trust trusted two under unexpected unknown untrusted until usage valid variable verify very visible visit wait warning \
    where while whole window within word workaround worker world wrong xss yes yesterday";

static SHARES: LazyLock<Map<Box<str>, f32>> = LazyLock::new(|| {
    let mut shares: Map<Box<str>, f32> = Map::default();
    for (list, share) in [(SOME, 1.0 / 40.0), (MANY, 1.0 / 6.0)] {
        for word in list.split_whitespace() {
            shares.insert(stem(word).into(), share);
        }
    }
    shares
});

/// In how many of the reports elsewhere a word stands, as the index has it.
pub(super) fn elsewhere(word: &str) -> f32 {
    SHARES.get(word).copied().unwrap_or(0.0) * ELSEWHERE
}

/// Whether a word stands in so many reports that it says nothing about one.
pub(super) fn says_nothing(word: &str) -> bool {
    SHARES.get(word).is_some_and(|share| *share > 0.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_every_report_say_nothing_whatever_their_ending_and_names_say_something() {
        for word in
            ["server", "attacker", "vulnerabilities", "requests", "reported", "allows", "pages", "files", "uses"]
        {
            assert!(says_nothing(stem(word)), "{word}");
        }
        for word in ["palette", "lifecycle", "xylophone", "parseheader", "cve-2024-3094"] {
            assert!(elsewhere(stem(word)) == 0.0, "{word}");
        }
        assert!(!says_nothing("overflow") && elsewhere("overflow") > 0.0);
    }
}
