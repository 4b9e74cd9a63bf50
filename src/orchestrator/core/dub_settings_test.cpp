#include "orchestrator/core/dub_settings.hpp"

#include <gmock/gmock.h>

namespace tidegate::orchestrator {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

DubSettings offering(std::vector<std::string> languages) {
    DubSettings settings;
    settings.service_url = "ws://127.0.0.1:8765";
    settings.languages = std::move(languages);
    settings.voices = {{"es", "anna"}};
    settings.token = "geheim";
    return settings;
}

TEST(DubSettings, APublisherChoosesAmongTheOfferedLanguages) {
    auto const settings = offering({"es", "pt-BR"});
    EXPECT_THAT(choose_dub(settings, {{"lang", "es"}}).languages, ElementsAre("es"));
    EXPECT_THAT(choose_dub(settings, {{"lang", "PT-br"}}).languages, ElementsAre("pt-BR"));
    EXPECT_THAT(choose_dub(settings, {{"lang", "xx"}}).languages, IsEmpty());
    EXPECT_THAT(choose_dub(settings, {{"lang", "xx"}}).refused, ElementsAre("xx"));
    EXPECT_THAT(choose_dub(settings, {{"lang", ""}}).refused, IsEmpty());
    EXPECT_THAT(choose_dub(settings, {{"voice", "es"}}).refused, IsEmpty());
    auto const several = choose_dub(settings, {{"lang", "xx,es,ES,pt-BR"}});
    EXPECT_THAT(several.languages, ElementsAre("es", "pt-BR")) << "in the publisher's order";
    EXPECT_THAT(several.refused, ElementsAre("xx"));
    auto const many =
        choose_dub(offering({"es", "fr", "de", "it", "nl"}), {{"lang", "nl,it,de,fr,es"}});
    EXPECT_THAT(many.languages, ElementsAre("nl", "it", "de", "fr"));
    EXPECT_THAT(many.refused, ElementsAre("es"));
}

TEST(DubSettings, ListsThatPeopleAndAttackersWriteAreBounded) {
    auto const settings = offering({"es", "fr"});
    for (auto const* const list : {"es, fr", " es , fr ", "es,,fr,", ",es,fr", "es,fr,es,FR"}) {
        auto const choice = choose_dub(settings, {{"lang", list}});
        EXPECT_THAT(choice.languages, ElementsAre("es", "fr")) << list;
        EXPECT_THAT(choice.refused, IsEmpty()) << list;
    }
    for (auto const* const list : {"", ",", " , ,,", "   "}) {
        auto const choice = choose_dub(settings, {{"lang", list}});
        EXPECT_THAT(choice.languages, IsEmpty()) << list;
        EXPECT_THAT(choice.refused, IsEmpty()) << list;
    }
    // An argument of the worker is made of the operator's words only.
    for (auto const* const hostile :
         {"es --sts-url=ws://evil", "es\n", "es;id", "../es", "<b>es</b>", "--dub-bed=0dB"}) {
        EXPECT_THAT(dub_arguments(settings, {{"lang", hostile}}), IsEmpty()) << hostile;
        EXPECT_THAT(choose_dub(settings, {{"lang", hostile}}).refused, ElementsAre(hostile));
    }
    std::string thousand;
    for (int i = 0; i < 1000; ++i) thousand += "x" + std::to_string(i) + ",";
    auto const many = choose_dub(settings, {{"lang", thousand + "fr"}});
    EXPECT_EQ(many.refused.size(), kMaxRefusedLanguages);
    EXPECT_THAT(many.languages, ElementsAre("fr"));
    EXPECT_EQ(shown_dubs(settings, {{"lang", thousand + "fr"}}, {}).size(),
              kMaxRefusedLanguages + 1);
}

TEST(DubSettings, WithoutAServiceOrWithoutLanguagesNothingIsDubbed) {
    auto settings = offering({});
    EXPECT_THAT(dub_arguments(settings, {{"lang", "es"}}), IsEmpty());
    EXPECT_THAT(shown_dubs(settings, {{"lang", "es"}}, {}), IsEmpty());
    settings = offering({"es"});
    settings.service_url.clear();
    EXPECT_THAT(dub_arguments(settings, {{"lang", "es"}}), IsEmpty());
    EXPECT_THAT(choose_dub(settings, {{"lang", "xx"}}).refused, IsEmpty());
}

TEST(DubSettings, TheWorkerGetsTheOperatorsSettingsAndNoSecret) {
    auto settings = offering({"es", "fr"});
    settings.bed = "-18dB";
    EXPECT_THAT(dub_arguments(settings, {{"lang", "es"}, {"sts-url", "ws://evil"}}),
                ElementsAre("--sts-url=ws://127.0.0.1:8765", "--dub-source-language=en",
                            "--dub-delay=10s", "--dub-bed=-18dB", "--dub-format=m4a",
                            "--dub-language=es", "--dub-voice=anna"));
    settings.max_fragment = "4s";
    settings.ca_file = "/etc/ca.pem";
    EXPECT_THAT(dub_arguments(settings, {{"lang", "es"}}),
                IsSupersetOf({"--dub-max-fragment=4s", "--sts-ca-file=/etc/ca.pem"}));
    EXPECT_THAT(dub_arguments(settings, {{"lang", "fr"}}), Not(Contains(HasSubstr("--dub-voice"))));
    EXPECT_THAT(dub_arguments(settings, {{"lang", "fr,es"}}),
                IsSupersetOf({"--dub-language=fr,es", "--dub-voice=default,anna"}));
    EXPECT_THAT(dub_arguments(settings, {{"lang", "xx"}}), IsEmpty());
}

TEST(DubSettings, WhatIsAskedForIsShownAlsoBeforeAndWithoutAReport) {
    auto const settings = offering({"es", "fr"});
    DubReport report;
    report.language = "es";
    report.mode = "dubbed";
    EXPECT_THAT(shown_dubs(settings, {{"lang", "es"}}, {report}), ElementsAre(report));
    auto const before = shown_dubs(settings, {{"lang", "es,fr,xx"}}, {});
    ASSERT_EQ(before.size(), 3U);
    EXPECT_EQ(before[0].reason, "starting");
    EXPECT_EQ(before[1].reason, "starting");
    EXPECT_EQ(before[2].reason, "not-offered");
    EXPECT_EQ(before[2].detail, "the languages offered are es, fr");
    auto const many =
        shown_dubs(offering({"es", "fr", "de", "it", "nl"}), {{"lang", "es,fr,de,it,nl"}}, {});
    ASSERT_EQ(many.size(), 5U);
    EXPECT_EQ(many[4].reason, "too-many");
    // A worker that reports a language that nobody has asked for is not believed.
    EXPECT_THAT(shown_dubs(settings, {}, {report}), IsEmpty());
}

TEST(DubSettings, KnowsALanguageWhenItSeesOne) {
    for (auto const* const good : {"es", "ast", "pt-BR", "zh-Hant", "es-419"}) {
        EXPECT_TRUE(is_language(good)) << good;
    }
    for (auto const* const bad :
         {"", "e", "-es", "e1", "es fr", "es,fr", "es/..", "español", "en-GB-oxendict", "../es"}) {
        EXPECT_FALSE(is_language(bad)) << bad;
    }
}

}  // namespace
}  // namespace tidegate::orchestrator
