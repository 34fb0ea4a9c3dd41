//! The headers that shop systems and group tools write.
//!
//! Names of columns change between versions of these systems, so a preset is no list of
//! positions: fields are found by any of the known names, the more telling one first, and a
//! mapping overrules all of them.

use serde::{Deserialize, Serialize};

use super::{Field, Mapping, Target, cell, mapping::Columns};

/// A shop system whose export was recognised by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// 有赞.
    Youzan,
    /// 微盟.
    Weimob,
    /// 微信小店.
    WechatShop,
    /// 快团团.
    Kuaituantuan,
    /// 抖店.
    Douyin,
    /// Customer group list of 企业微信: 群名, 群主, …
    GroupList,
}

const SIGNS: &[(Preset, &[&str])] = &[
    (Preset::Douyin, &["主订单编号"]),
    (Preset::Kuaituantuan, &["跟团号"]),
    (Preset::Weimob, &["订单编号", "核销门店"]),
    (Preset::WechatShop, &["订单号", "订单实际支付金额"]),
    (Preset::WechatShop, &["订单号", "商品编码(平台)"]),
    (Preset::Youzan, &["订单号", "订单实付金额"]),
    (Preset::Youzan, &["订单号", "归属门店"]),
    (Preset::Youzan, &["订单号", "归属店铺"]),
    (Preset::Weimob, &["订单编号", "实付金额"]),
];

/// The columns of each system that are taken for something.
const HEADERS: &[(Preset, &[&str])] = &[
    (
        Preset::Youzan,
        &[
            "订单号",
            "买家手机号",
            "付款时间",
            "订单实付金额",
            "订单状态",
            "归属门店",
        ],
    ),
    (
        Preset::Weimob,
        &[
            "订单编号",
            "收货人手机号",
            "付款时间",
            "实付金额",
            "订单状态",
            "核销门店",
        ],
    ),
    (
        Preset::WechatShop,
        &[
            "订单号",
            "收件人手机",
            "支付时间",
            "订单实际支付金额",
            "订单状态",
        ],
    ),
    (
        Preset::Kuaituantuan,
        &["订单号", "收货人手机", "支付时间", "实付金额", "自提点"],
    ),
    (
        Preset::Douyin,
        &[
            "主订单编号",
            "支付完成时间",
            "订单应付金额",
            "订单状态",
            "商品数量",
        ],
    ),
    (Preset::GroupList, &["群名", "群主", "群人数", "创建时间"]),
];

impl Preset {
    /// Every preset, in the order they are offered.
    pub const ALL: [Self; 6] = [
        Self::Youzan,
        Self::Weimob,
        Self::WechatShop,
        Self::Kuaituantuan,
        Self::Douyin,
        Self::GroupList,
    ];

    /// The word it is sent as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Youzan => "youzan",
            Self::Weimob => "weimob",
            Self::WechatShop => "wechat_shop",
            Self::Kuaituantuan => "kuaituantuan",
            Self::Douyin => "douyin",
            Self::GroupList => "group_list",
        }
    }

    /// What its files list.
    pub const fn target(self) -> Target {
        match self {
            Self::GroupList => Target::Groups,
            _ => Target::Orders,
        }
    }

    /// Which of its usual columns holds which field.
    pub fn mapping(self) -> Mapping {
        let names = HEADERS.iter().find(|(preset, _)| *preset == self);
        let header: Vec<String> = names
            .map(|(_, names)| names.iter().map(|name| (*name).to_owned()).collect())
            .unwrap_or_default();
        Columns::resolve(&header, true, &Mapping::default(), self.target())
            .map(|columns| columns.mapping(&header))
            .unwrap_or_default()
    }

    /// The system whose header this is.
    pub(super) fn detect(target: Target, header: &[String]) -> Option<Self> {
        let names: Vec<String> = header.iter().map(|name| fold(name)).collect();
        let has = |name: &&str| names.contains(&fold(name));
        match target {
            Target::Orders => {
                let found = SIGNS.iter().find(|(_, signs)| signs.iter().all(has));
                found.map(|(preset, _)| *preset)
            }
            Target::Groups => (has(&"群名") || has(&"群名称")).then_some(Self::GroupList),
            Target::Members => None,
        }
    }
}

/// A column name without what does not tell names apart: case, spaces, width, units.
pub(super) fn fold(name: &str) -> String {
    let plain = cell::plain(name).to_lowercase();
    let plain = plain.replace("(元)", "").replace("(yuan)", "");
    plain
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '_' && *c != '-')
        .collect()
}

/// The known names of a field, the most telling first.
fn aliases(target: Target, field: Field) -> &'static [&'static str] {
    match (target, field) {
        (_, Field::Id) => &[
            "订单号",
            "订单编号",
            "主订单编号",
            "订单id",
            "订单流水号",
            "交易单号",
            "order id",
            "order_id",
            "orderid",
            "order no",
            "order number",
            "order",
            "invoiceno",
            "invoice no",
            "invoice",
        ],
        (_, Field::Customer) => &[
            "买家手机号",
            "买家手机",
            "下单人手机号",
            "下单人手机",
            "会员手机号",
            "客户手机号",
            "收货人手机号",
            "收货人手机",
            "收件人手机号",
            "收件人手机",
            "手机号",
            "手机号码",
            "联系电话",
            "联系方式",
            "买家id",
            "用户id",
            "客户id",
            "会员卡号",
            "customerid",
            "customer id",
            "customer_id",
            "customer",
            "user_id",
            "买家昵称",
            "下单人",
            "买家",
        ],
        (_, Field::At) => &[
            "付款时间",
            "买家付款时间",
            "订单付款时间",
            "支付时间",
            "支付完成时间",
            "成交时间",
            "下单时间",
            "订单提交时间",
            "订单创建时间",
            "创建时间",
            "invoicedate",
            "paid at",
            "paid_at",
            "order date",
            "created at",
            "created_at",
            "date",
            "time",
            "datetime",
            "日期",
            "时间",
        ],
        (_, Field::Amount) => &[
            "订单实付金额",
            "实付金额",
            "订单实际支付金额",
            "实际支付金额",
            "实收金额",
            "买家实付",
            "支付金额",
            "付款金额",
            "订单应付金额",
            "应付金额",
            "订单金额",
            "订单总金额",
            "总金额",
            "金额",
            "amount",
            "total",
            "line total",
            "value",
            "revenue",
        ],
        (_, Field::Price) => &[
            "成交单价",
            "商品单价",
            "单价",
            "商品价格",
            "unitprice",
            "unit price",
            "price",
        ],
        (_, Field::Quantity) => &[
            "商品数量",
            "购买数量",
            "数量",
            "件数",
            "quantity",
            "qty",
            "count",
        ],
        (_, Field::Sku) => &[
            "规格编码",
            "商家编码",
            "sku编码",
            "商品编码",
            "商品编码(平台)",
            "商品id",
            "商品名称",
            "选购商品",
            "商品",
            "stockcode",
            "sku",
            "product",
            "product id",
            "product_id",
        ],
        (_, Field::Status) => &["订单状态", "交易状态", "状态", "order status", "status"],
        (Target::Groups, Field::Store) => &[
            "门店",
            "所属门店",
            "归属门店",
            "店铺",
            "分店",
            "store",
            "branch",
        ],
        (_, Field::Store) => &[
            "归属门店",
            "核销门店",
            "自提门店",
            "下单门店",
            "所属门店",
            "归属店铺",
            "门店名称",
            "门店",
            "自提点",
            "店铺",
            "分店",
            "store",
            "branch",
            "shop",
        ],
        (Target::Groups, Field::Name) => &[
            "群名",
            "群名称",
            "社群名称",
            "社群",
            "群聊名称",
            "group",
            "group name",
            "name",
        ],
        (_, Field::Name) => &[
            "姓名",
            "会员姓名",
            "客户姓名",
            "客户名称",
            "真实姓名",
            "备注名",
            "昵称",
            "会员昵称",
            "名称",
            "name",
            "full name",
            "nickname",
        ],
        (_, Field::Phone) => &[
            "手机号",
            "手机号码",
            "会员手机号",
            "手机",
            "联系电话",
            "联系方式",
            "电话",
            "phone",
            "mobile",
            "tel",
        ],
        (Target::Groups, Field::ExternalId) => &["群id", "chatid", "chat_id", "group id"],
        (_, Field::ExternalId) => &[
            "外部联系人id",
            "external_userid",
            "unionid",
            "openid",
            "会员id",
            "会员号",
            "会员编号",
            "会员卡号",
            "客户id",
            "用户id",
            "external id",
            "id",
        ],
        (_, Field::WechatId) => &["微信号", "微信", "微信昵称", "wechat", "wechat id"],
        (_, Field::Birthday) => &[
            "生日",
            "出生日期",
            "会员生日",
            "农历生日",
            "birthday",
            "date of birth",
        ],
        (_, Field::Gender) => &["性别", "gender", "sex"],
        (_, Field::City) => &["城市", "所在城市", "所在地", "地区", "市", "city"],
        (_, Field::Tags) => &["标签", "客户标签", "会员标签", "tags", "tag"],
        (_, Field::JoinedOn) => &[
            "入会时间",
            "入会日期",
            "注册时间",
            "注册日期",
            "成为会员时间",
            "成为客户时间",
            "添加时间",
            "加入时间",
            "joined on",
            "joined",
            "created at",
        ],
        (_, Field::Note) => &["备注", "描述", "说明", "note", "notes", "remark"],
        (_, Field::Owner) => &["群主", "群主姓名", "负责人", "owner"],
        (_, Field::Size) => &[
            "人数",
            "群人数",
            "群成员数",
            "客户人数",
            "成员数",
            "size",
            "members",
        ],
        (_, Field::CreatedOn) => &[
            "建群日期",
            "建群时间",
            "创建时间",
            "创建日期",
            "created on",
            "created at",
        ],
        (_, Field::Purpose) => &["用途", "群用途", "群类型", "类型", "purpose"],
    }
}

/// The column of a header that holds a field.
pub(super) fn find(target: Target, field: Field, header: &[String]) -> Option<usize> {
    let names: Vec<String> = header.iter().map(|name| fold(name)).collect();
    aliases(target, field)
        .iter()
        .chain(&[field.as_str()])
        .find_map(|alias| {
            let alias = fold(alias);
            names.iter().position(|name| *name == alias)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_knows_the_columns_it_needs() {
        for preset in Preset::ALL {
            let mapping = preset.mapping();
            for needed in preset.target().needed() {
                let found = needed.iter().any(|field| mapping.0.contains_key(field));
                assert!(found, "{preset:?} {needed:?}");
            }
            let json = serde_json::to_value(preset).unwrap();
            assert_eq!(json, preset.as_str());
        }
    }

    #[test]
    fn headers_of_the_shop_systems_are_known() {
        let cases: [(&str, Preset); 5] = [
            (
                "订单号,买家手机号,付款时间,订单实付金额,订单状态,归属门店",
                Preset::Youzan,
            ),
            (
                "订单编号,收货人手机号,付款时间,实付金额,订单状态,核销门店",
                Preset::Weimob,
            ),
            (
                "订单号,收件人手机,支付时间,订单实际支付金额,订单状态",
                Preset::WechatShop,
            ),
            (
                "跟团号,订单号,下单人,收货人手机,支付时间,实付金额,自提点",
                Preset::Kuaituantuan,
            ),
            (
                "主订单编号,子订单编号,支付完成时间,订单应付金额,订单状态,商品数量",
                Preset::Douyin,
            ),
        ];
        for (names, preset) in cases {
            let header: Vec<String> = names.split(',').map(str::to_owned).collect();
            assert_eq!(
                Preset::detect(Target::Orders, &header),
                Some(preset),
                "{names}"
            );
            for field in [Field::Id, Field::At, Field::Amount] {
                assert!(
                    find(Target::Orders, field, &header).is_some(),
                    "{names} {field:?}"
                );
            }
        }
        assert_eq!(fold(" 实付金额（元） "), "实付金额");
    }
}
