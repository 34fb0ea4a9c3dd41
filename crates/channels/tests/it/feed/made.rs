//! Feeds made for one question each.

use std::fmt::Write as _;

use yutang_channels::feed::{self, CHARACTERS, Feed, FeedError, ITEMS, Item};

const FROM: &str = "https://feeds.example/news/feed.xml";

fn read(text: &str) -> Feed {
    feed::parse(text.as_bytes(), FROM).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A feed of RSS 2.0 with what stands in one item.
fn rss(item: &str) -> String {
    format!("<rss version=\"2.0\"><channel><title>早报</title><item>{item}</item></channel></rss>")
}

fn item(inner: &str) -> Item {
    let mut feed = read(&rss(inner));
    assert_eq!(feed.items.len(), 1, "{inner}");
    feed.items.remove(0)
}

fn refused(text: &str) -> FeedError {
    feed::parse(text.as_bytes(), FROM).unwrap_err()
}

/// Where it is refused, and why.
fn faulty(text: &str) -> (Option<usize>, String) {
    match refused(text) {
        FeedError::NotAFeed { line, reason } => (line, reason),
        other => panic!("{other}: {text}"),
    }
}

#[test]
fn what_is_no_feed_is_said_by_what_it_is() {
    for page in [
        "<!DOCTYPE html><html><head><title>早报</title></head><body><p>x<br></body></html>",
        "<html lang=zh><body>",
        "  <!-- x --><HTML>",
        "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"/>",
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"><p>",
        "<div>登录</div>",
    ] {
        assert_eq!(refused(page), FeedError::Html, "{page}");
    }
    for nothing in ["", "  \n\t ", "\u{feff}"] {
        assert_eq!(refused(nothing), FeedError::Empty, "{nothing:?}");
    }
    let cases = [
        ("404 page not found", None, "neither < nor {"),
        (
            "<?php error ?>\n\nWarning: x <rss/>",
            Some(1),
            "text before",
        ),
        ("<!-- x -->", Some(1), "no element"),
        ("\n\n<svg/>", Some(3), "<svg>"),
        (
            "<rss version=\"2.0\">\n<channel>\n<title>x</titel>",
            Some(3),
            "title",
        ),
        (
            "<rss version=\"2.0\">\n<channel>\n<title>x</title>",
            Some(3),
            "<channel> is not closed",
        ),
        ("<rss version=\"2.0\">\n</rss>", Some(2), "no <channel>"),
        ("{\"version\":\"2\"}", None, "not that of a JSON Feed"),
        (
            "{\"version\":\"https://jsonfeed.org/version/1.1\"}",
            None,
            "without a list",
        ),
        ("{\"version\":\n\"https", Some(2), "EOF"),
        ("[1]", None, "neither < nor {"),
    ];
    for (text, line, reason) in cases {
        let (at, why) = faulty(text);
        assert_eq!(at, line, "{text}: {why}");
        assert!(why.contains(reason), "{text}: {why}");
    }
    let large = vec![b'<'; feed::BYTES + 1];
    let error = feed::parse(&large, FROM).unwrap_err();
    assert_eq!(error, FeedError::TooLarge { limit: feed::BYTES });
    let latin = b"<rss version='2.0'><channel><title>caf\xe9</title></channel></rss>";
    let error = feed::parse(latin, FROM).unwrap_err();
    assert!(
        matches!(&error, FeedError::Encoding { encoding, byte: Some(38) } if encoding == "UTF-8"),
        "{error:?}"
    );
}

#[test]
fn each_language_is_read() {
    let item = "<item><title>上新</title><link>/a</link></item>";
    for (language, text) in [
        ("RSS 0.90", format!("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://my.netscape.com/rdf/simple/0.9/'><channel><title>早报</title></channel>{item}</rdf:RDF>")),
        ("RSS 0.91", format!("<!DOCTYPE rss PUBLIC '-//Netscape//DTD RSS 0.91//EN' 'http://my.netscape.com/rss-0.91.dtd'><rss version='0.91'><channel><title>早报</title>{item}</channel></rss>")),
        ("RSS 0.94", format!("<rss version='0.94'><channel><title>早报</title>{item}</channel></rss>")),
        ("RSS without a version", format!("<rss><channel><title>早报</title>{item}</channel></rss>")),
        ("RSS 1.0", format!("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><channel><title>早报</title></channel>{item}</rdf:RDF>")),
        ("RSS 2.0 with a name for itself", format!("<rss version='2.01' xmlns='http://backend.userland.com/rss2'><channel><title>早报</title>{item}</channel></rss>")),
        ("Atom", "<feed xmlns='http://www.w3.org/2005/Atom'><title>早报</title><entry><title>上新</title><link href='/a'/></entry></feed>".to_owned()),
        ("Atom with a prefix", "<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:title>早报</a:title><a:entry><a:title>上新</a:title><a:link href='/a'/></a:entry></a:feed>".to_owned()),
        ("JSON Feed", "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"早报\",\"items\":[{\"id\":7,\"title\":\"上新\",\"url\":\"/a\"}]}".to_owned()),
    ] {
        let feed = read(&text);
        assert_eq!(feed.title, "早报", "{language}");
        assert_eq!(feed.items.len(), 1, "{language}");
        assert_eq!(feed.items[0].title, "上新", "{language}");
        let link = feed.items[0].link.as_deref();
        assert_eq!(link, Some("https://feeds.example/a"), "{language}");
    }
}

#[test]
fn only_links_of_the_web_survive() {
    for (link, expected) in [
        (
            "https://example.org/a?b=1&amp;c=2",
            Some("https://example.org/a?b=1&c=2"),
        ),
        (
            "http://example.org/a?b=1&c=2",
            Some("http://example.org/a?b=1&c=2"),
        ),
        ("b.html", Some("https://feeds.example/news/b.html")),
        ("//example.org/a", Some("https://example.org/a")),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("https://bank.example@evil.example/", None),
        ("weixin://dl/business", None),
    ] {
        let item = item(&format!("<title>上新</title><link>{link}</link>"));
        assert_eq!(item.link.as_deref(), expected, "{link}");
    }
    let long = format!("https://example.org/{}", "a".repeat(2_000));
    assert_eq!(
        item(&format!("<title>上新</title><link>{long}</link>")).link,
        None
    );
    let rel = "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://shop.example/x/'><title>x</title>\
        <entry xml:base='y/'><title>上新</title><link rel='enclosure' href='a.mp3'/>\
        <link rel='alternate' type='application/json' href='a.json'/><link type='text/html' href='a.html'/></entry></feed>";
    let item = read(rel).items.remove(0);
    assert_eq!(
        item.link.as_deref(),
        Some("https://shop.example/x/y/a.html")
    );
}

#[test]
fn a_key_stays_from_one_reading_to_the_next() {
    let key = |inner: &str| item(inner).key;
    assert_eq!(
        key("<title>a</title><guid isPermaLink='false'> 7 </guid><link>/a</link>"),
        "7"
    );
    assert_eq!(
        key("<title>a</title><link>/a</link>"),
        "https://feeds.example/a"
    );
    let hash = key("<title>a</title><description>b</description>");
    assert_eq!(hash.len(), 32, "{hash}");
    assert_eq!(hash, key("<description> b</description><title>a </title>"));
    assert_ne!(hash, key("<title>a</title><description>c</description>"));
    let long = "x".repeat(10_000);
    assert_eq!(
        key(&format!("<title>a</title><guid>{long}</guid>")).len(),
        32
    );
    let permalink = item("<title>a</title><guid>https://example.org/7</guid>");
    assert_eq!(permalink.link.as_deref(), Some("https://example.org/7"));
    let not = item("<title>a</title><guid isPermaLink='false'>https://example.org/7</guid>");
    assert_eq!(not.link, None);
}

#[test]
fn what_is_left_out_is_counted() {
    let mut items = String::new();
    for at in 0..ITEMS + 5 {
        write!(
            items,
            "<item><title>第{at}条</title><guid>{at}</guid></item>"
        )
        .unwrap();
    }
    let feed = read(&format!(
        "<rss version='2.0'><channel>{items}</channel></rss>"
    ));
    assert_eq!((feed.items.len(), feed.dropped.beyond), (ITEMS, 5));
    assert_eq!(feed.items[0].title, "第0条");
    let blank = "<item><link>/a</link></item><item><title> </title><description>&lt;img src=x&gt;</description></item>";
    let twice =
        "<item><title>a</title><guid>1</guid></item><item><title>b</title><guid>1</guid></item>";
    let feed = read(&format!(
        "<rss version='2.0'><channel>{blank}{twice}</channel></rss>"
    ));
    let dropped = feed.dropped;
    assert_eq!(feed.items.len(), 1);
    assert_eq!((dropped.blank, dropped.repeated, dropped.beyond), (2, 1, 0));
    let many: Vec<String> = (0..=ITEMS)
        .map(|id| format!("{{\"id\":{id},\"content_text\":\"x\"}}"))
        .collect();
    let json = format!(
        "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{}]}}",
        many.join(",")
    );
    let feed = read(&json);
    assert_eq!((feed.items.len(), feed.dropped.beyond), (ITEMS, 1));
}

#[test]
fn texts_are_plain_and_fit() {
    let item1 = item(
        "<title>AT&amp;amp;T &lt;b&gt;半价&lt;/b&gt; &hellip;</title>\
         <description><![CDATA[<p>第一段</p><script>alert(1)</script><p>第二段&nbsp;a &lt; b</p>]]></description>",
    );
    assert_eq!(item1.title, "AT&T 半价 …");
    assert_eq!(item1.summary, "第一段 第二段 a < b");
    let long = item(&format!(
        "<title>a</title><description>{}</description>",
        "早报 ".repeat(300)
    ));
    assert_eq!(long.summary.chars().count(), CHARACTERS);
    assert!(long.summary.ends_with('…'));
    let content = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id>\
        <title type='text'>用 &lt;div&gt; 排版</title>\
        <content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>好<b>看</b></p>1 &lt; 2</div></content></entry></feed>";
    let item2 = read(content).items.remove(0);
    assert_eq!(item2.title, "用 <div> 排版");
    assert_eq!(item2.summary, "好看 1 < 2");
    // One kind that nobody knows must not cost the feed.
    let kinds = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><title type='text/plain'>a</title>\
        <summary type='TEXT/HTML; charset=utf-8'>&lt;i&gt;b&lt;/i&gt;</summary><content type='image/png'>iVBOR</content></entry></feed>";
    let item3 = read(kinds).items.remove(0);
    assert_eq!((item3.title.as_str(), item3.summary.as_str()), ("a", "b"));
}

#[test]
fn authors_have_names_and_licences_are_kept() {
    for (author, name) in [
        ("<author>editor@example.org (李娜)</author>", Some("李娜")),
        ("<author>张三（zhang@example.com）</author>", Some("张三")),
        ("<author>zhang@example.com（张三）</author>", Some("张三")),
        (
            "<author>报：zhang@example.com：报</author>",
            Some("报： ：报"),
        ),
        ("<author>editor@example.org</author>", None),
        ("<author>a&#64;b.com<!-- -->（张三）</author>", Some("张三")),
    ] {
        let item = item(&format!("<title>a</title>{author}"));
        assert_eq!(item.author.as_deref(), name, "{author}");
    }
    let cc = "https://creativecommons.org/licenses/by/4.0/";
    let rss = format!(
        "<rss version='2.0' xmlns:cc='http://backend.userland.com/creativeCommonsRssModule' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>\
         <copyright>版权所有</copyright><item><title>a</title><dc:rights>x</dc:rights><cc:license>{cc}</cc:license></item><item><title>b</title></item></channel></rss>"
    );
    let licences = |text: &str| -> Vec<Option<String>> {
        read(text)
            .items
            .into_iter()
            .map(|item| item.licence)
            .collect()
    };
    let both = [Some(cc.to_owned()), Some("版权所有".to_owned())];
    assert_eq!(licences(&rss), both);
    let rdf = format!(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' xmlns:cc='http://creativecommons.org/ns#' xmlns:dc='http://purl.org/dc/elements/1.1/'>\
         <channel><dc:rights>版权所有</dc:rights></channel><item><title>passed over</title></item>\
         <item><title>a</title><link>/a</link><cc:license rdf:resource='{cc}'/></item><item><title>b</title><link>/b</link></item></rdf:RDF>"
    );
    assert_eq!(licences(&rdf), both);
    let atom = format!(
        "<feed xmlns='http://www.w3.org/2005/Atom'><author><name>面包店</name></author><rights>版权所有</rights>\
         <entry><id>1</id><title>a</title><link rel='license' href='{cc}'/></entry><entry><id>2</id><title>b</title></entry></feed>"
    );
    assert_eq!(licences(&atom), both);
    let item = read(&atom).items.remove(0);
    assert_eq!((item.author.as_deref(), item.link), (Some("面包店"), None));
    let json = "{\"version\":\"https://jsonfeed.org/version/1\",\"author\":{\"name\":\"李娜（li@example.com）\"},\"items\":[{\"id\":\"1\",\"title\":\"a\"}]}";
    assert_eq!(read(json).items[0].author.as_deref(), Some("李娜"));
}

/// What ends the thread in feed-rs 3.0.0, or takes it minutes.
#[test]
fn nothing_written_in_a_feed_stops_the_reader() {
    let item = "<item><title>a</title></item>";
    let media = |inner: &str| {
        format!(
            "<rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel><itunes:author>张（a@b.com）</itunes:author><item><title>a</title>{inner}</item></channel></rss>"
        )
    };
    for text in [
        media("<itunes:duration>99999999999999999999:00:00</itunes:duration>"),
        media("<itunes:duration>٣:٠٠:٠٠</itunes:duration>"),
        media("<media:content url='x' duration='99999999999999999999'/>"),
        format!(
            "<!--{}--><?xml version='1.0' encoding='gbk'?><rss version='2.0'><channel>{item}</channel></rss>",
            "x".repeat(100)
        ),
        format!(
            "<rss version='2.0'><channel>{item}<?xml version='1.0' encoding='gbk'?></channel></rss>"
        ),
        format!("<rss version='2.0' xml:base='https://['><channel>{item}</channel></rss>"),
    ] {
        assert_eq!(read(&text).items.len(), 1, "{text}");
    }
    let size = feed::BYTES - 1_000;
    let deep = format!("<rss version='2.0'><channel>{}", "<a>".repeat(size / 3));
    assert!(faulty(&deep).1.contains("too deep"));
    let foreign = format!(
        "<rss version='2.0' xmlns:x='x'><channel>{}",
        "<x:a>".repeat(size / 5)
    );
    assert!(faulty(&foreign).1.contains("too deep"));
    let bomb = "<!DOCTYPE rss [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><rss version='2.0'><channel><item><title>&b;<!-- --></title></item></channel></rss>";
    assert_eq!(read(bomb).items[0].title, "&b;");
    let outside = "<!DOCTYPE rss [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><rss version='2.0'><channel><item><title>&a;</title></item></channel></rss>";
    assert_eq!(read(outside).items[0].title, "&a;");
    let many: String = (0..size / 12).fold(String::new(), |mut all, at| {
        let _ = write!(all, " a{at}=''");
        all
    });
    let attributes = format!(
        "<rss version='2.0'{}><channel>{item}</channel></rss>",
        &many[..many.len().min(size)].rsplit_once(' ').unwrap().0
    );
    assert_eq!(read(&attributes).items.len(), 1);
    let items = item.repeat(size / item.len());
    let feed = read(&format!("<rss><channel>{items}</channel></rss>"));
    assert_eq!(feed.dropped.beyond, size / item.len() - ITEMS);
    let people = "{\"name\":\"a\"},".repeat(size / 13);
    let json = format!(
        "{{\"version\":\"https://jsonfeed.org/version/1\",\"authors\":[{people}0],\"items\":[]}}"
    );
    assert!(read(&json).items.is_empty());
    let addresses = rss(&format!(
        "<title>a</title><author>{}</author>",
        "@ ".repeat(size / 2)
    ));
    assert_eq!(read(&addresses).items.len(), 1);
    let tags = rss(&format!(
        "<title>a</title><description><![CDATA[{}]]></description>",
        "<a b=\"'>&".repeat(size / 10)
    ));
    assert_eq!(read(&tags).items.len(), 1);
    let nested = format!(
        "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":{}",
        "[".repeat(size / 2)
    );
    assert!(faulty(&nested).1.contains("recursion"));
}

#[test]
fn a_mutilated_feed_is_read_or_refused() {
    let whole = [
        include_str!("../../data/feed_rss.xml"),
        include_str!("../../data/feed_atom.xml"),
        include_str!("../../data/feed.json"),
    ];
    let mut rng = fastrand::Rng::with_seed(20_260_927);
    let (mut read, mut refused) = (0, 0);
    for text in whole {
        assert!(!super::made::read(text).items.is_empty());
        for _ in 0..3_000 {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..rng.usize(1..6) {
                let at = rng.usize(..bytes.len());
                match rng.u8(..5) {
                    0 => bytes.truncate(at.max(1)),
                    1 => bytes[at] = rng.u8(..),
                    2 => drop(bytes.remove(at)),
                    3 => {
                        let signs = [
                            "<", ">", "&", "@", "\"", "]]>", "<!", "（", "&#64;", "\0", "xmlns=''",
                        ];
                        let sign = signs[rng.usize(..signs.len())];
                        bytes.splice(at..at, sign.bytes());
                    }
                    _ => {
                        let end = rng.usize(at..bytes.len());
                        let piece = bytes[at..end].to_vec();
                        let to = rng.usize(..bytes.len());
                        bytes.splice(to..to, piece);
                    }
                }
                if bytes.is_empty() {
                    bytes.push(b'<');
                }
            }
            match feed::parse(&bytes, FROM) {
                Ok(_) => read += 1,
                Err(_) => refused += 1,
            }
        }
    }
    println!("{read} read, {refused} refused");
    assert!(
        read > 500 && refused > 500,
        "{read} read, {refused} refused"
    );
}
